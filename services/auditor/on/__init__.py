"""What the auditor hears."""
