"""What intake says."""
