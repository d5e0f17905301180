"""Integration tests of chairside\x27s commands."""
