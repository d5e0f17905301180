"""What the auditor says."""
