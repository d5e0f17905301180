"""What people may ask of notifications, and how they answer it."""
