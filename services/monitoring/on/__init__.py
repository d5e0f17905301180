"""What monitoring does about what others say."""
