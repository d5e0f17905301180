"""What notifications does about what others say."""
