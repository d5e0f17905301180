"""The contract: what is generated is fresh, and what was released still holds."""
