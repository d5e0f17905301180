"""What notifications decides: pure, facts and an instant in, facts out."""
