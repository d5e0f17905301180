"""What monitoring decides: pure functions, facts and an instant in, facts out."""
