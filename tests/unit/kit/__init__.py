"""What the kit decides without a server."""
