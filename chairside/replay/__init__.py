"""Replay: a real bedside recording becomes what a monitor would have sent."""
