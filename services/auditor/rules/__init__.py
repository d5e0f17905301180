"""What the auditor decides: facts and an instant in, verdicts out."""
