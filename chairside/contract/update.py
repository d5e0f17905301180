"""`python -m chairside.contract.update [--check]`: write what is generated, or say what is stale; never a breaking change.

Exit codes: 0 up to date or written, 1 stale (with --check) or breaking, 2 usage.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from chairside.contract import golden
from chairside.contract.asyncapi import asyncapi
from chairside.contract.flow import flow

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "tests" / "architecture" / "migrations.sha256"


def wanted() -> dict[Path, str]:
    """Every generated file, as it should be."""
    files = {golden.GOLDEN / name: text for name, text in golden.wanted().items()}
    files[ROOT / "docs" / "flow.md"] = flow()
    files[ROOT / "docs" / "asyncapi.yaml"] = asyncapi()
    files[MIGRATIONS] = migrations()
    return files


def migrations() -> str:
    """The sha256 of each migration: released ones are never changed."""
    found = sorted([*ROOT.glob("kit/migrations/*.sql"), *ROOT.glob("services/*/migrations/*.sql")])
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(ROOT)}\n" for file in found)


def stale() -> list[Path]:
    """Files that are not as they should be."""
    return [file for file, text in wanted().items() if not file.exists() or file.read_text() != text]


def main(arguments: list[str]) -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser(prog="python -m chairside.contract.update", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when something is stale")
    chosen = parser.parse_args(arguments)
    faults = golden.broken()
    if faults:
        print("These changes would break what was released; nothing was written:", *faults, sep="\n  ", file=sys.stderr)
        return 1
    for file in (late := stale()):
        if chosen.check:
            print(f"stale: {file.relative_to(ROOT)}", file=sys.stderr)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(wanted()[file])
            print(f"written: {file.relative_to(ROOT)}")
    return 1 if chosen.check and late else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
