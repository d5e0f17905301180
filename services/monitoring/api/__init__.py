"""What people and devices may ask of monitoring."""
