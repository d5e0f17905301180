"""What people may ask of scheduling."""
