"""What scheduling does about what others say."""
