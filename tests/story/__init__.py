"""Stories: tests that read like the day."""
