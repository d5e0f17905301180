"""The flight recorder as people see it: what was known at an instant, what other limits change, a picture of a session."""
