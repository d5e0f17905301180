"""What monitoring says."""
