"""A problem a person can do something about: what is wrong, and what to do."""


class Problem(Exception):
    """Ends a command with exit code 1. `what` names the fault, `todo` the next step."""

    def __init__(self, what: str, *, todo: str) -> None:
        super().__init__(f"{what}\n{todo}")
        self.what = what
        self.todo = todo
