"""The command line: every file in `chairside/commands/` is a command."""

import importlib
import json
import logging
import pkgutil
import signal
import sys

import typer

import chairside
from chairside import commands
from chairside.problem import Problem


def build() -> typer.Typer:
    """All commands, found by walking their folder."""
    app = typer.Typer(
        help=f"{chairside.__doc__}\n\nExit codes: 0 done, 1 a problem was found, 2 wrong usage.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    @app.callback()
    def _() -> None: ...

    for found in pkgutil.iter_modules(commands.__path__):
        module = importlib.import_module(f"{commands.__name__}.{found.name}")
        if isinstance(group := getattr(module, "app", None), typer.Typer):
            app.add_typer(group, name=found.name, help=module.__doc__)
        else:
            app.command(found.name)(module.command)
    return app


def main() -> None:
    """Run what was typed. SIGTERM ends a command as Ctrl-C does, also where a shell started it to ignore Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it logs what we say better
    try:
        build()()
    except Problem as problem:
        if "--json" in sys.argv:
            print(json.dumps({"problem": problem.what, "todo": problem.todo}))
        else:
            print(f"Problem: {problem.what}\nWhat to do: {problem.todo}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
