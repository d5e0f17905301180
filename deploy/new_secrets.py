"""Draw the secrets that compose.yaml mounts: `.venv/bin/python deploy/new_secrets.py [FOLDER]`. What is there already is kept.

FOLDER is this file's own unless named. It gets `secrets/` and `jwks.json`, so that `chairside token --data FOLDER` mints tokens
for trying things out. In production let CHAIRSIDE_JWKS name your identity provider's key set.
"""

import secrets
import sys
from pathlib import Path

from chairside.tokens import Keys

HERE = Path(__file__).parent
SERVICES = sorted(folder.parent.name for folder in HERE.parent.glob("services/*/migrations"))
DRAWN = (
    *("link_secret", "webhook_secret", "password_postgres"),
    *(f"{secret}_{service}" for secret in ("password", "audit_key") for service in SERVICES),
)


def keep(file: Path, text: str) -> str:
    """A secret's text, written unless it is there. Compose mounts the file as it is: the container's own user has to read it."""
    if not file.exists():
        file.write_text(text)
        file.chmod(0o644)
    return file.read_text()


def main(folder: Path) -> None:
    """Draw what is missing. Nobody but the owner can enter the folder of the secrets."""
    drawn = folder / "secrets"
    drawn.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in DRAWN:
        keep(drawn / name, secrets.token_urlsafe(32))
    for service in SERVICES:
        password = (drawn / f"password_{service}").read_text()
        keep(drawn / f"database_url_{service}", f"postgresql://{service}:{password}@postgres:5432/{service}")
    Keys(folder).ensure()
    print(f"The secrets are in {drawn}. Whoever can read them can be anybody: keep them out of backups that others read.")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
