"""What the services say to each other: Pydantic models and the standard library, nothing else."""
