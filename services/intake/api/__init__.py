"""What people may ask of intake."""
