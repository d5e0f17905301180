"""What a linter cannot hold: the law of names, and the house it makes."""
