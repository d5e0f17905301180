"""What trends says."""
