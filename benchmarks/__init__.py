"""Timings, each as `python -m benchmarks.<name> [--quick] [--json]`."""
