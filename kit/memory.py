"""Memory: what a long-running process need not look at again."""

import gc


def collect_rarely() -> None:
    """What a process loaded at its start stays: the garbage collector need not look at it again, nor after each few events."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
