"""Stand-ins for what is outside the house, as real servers on loopback."""
