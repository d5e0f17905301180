"""What people may ask the auditor."""
