"""Makes the secrets that compose.yaml mounts: `python deploy/secrets.py [FOLDER]`; what is there already is kept.

The signing key is for trying things out: in production, let CHAIRSIDE_JWKS name your identity provider's key set.
"""

import secrets
import sys
from pathlib import Path

from kit.auth import new_key_pair

SERVICES = sorted(folder.parent.name for folder in Path(__file__).parents[1].glob("services/*/migrations"))


def keep(file: Path, text: str) -> None:
    """Write a secret unless it is there. Compose mounts it as it is, so the containers' own user must be able to read it."""
    if not file.exists():
        file.write_text(text)
        file.chmod(0o644)


def main(folder: Path) -> None:
    """Make what is missing; the folder itself is the owner's alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keep(folder / "password_postgres", secrets.token_urlsafe(24))
    for service in SERVICES:
        keep(folder / f"password_{service}", secrets.token_urlsafe(24))
        password = (folder / f"password_{service}").read_text()
        keep(folder / f"dsn_{service}", f"postgresql://{service}:{password}@postgres:5432/{service}")
    keep(folder / "link_secret", secrets.token_urlsafe(32))
    keep(folder / "webhook_secret", secrets.token_urlsafe(32))
    if not (folder / "jwks.json").exists():
        private, jwks = new_key_pair()
        keep(folder / "signing_key", private if isinstance(private, str) else str(private))
        keep(folder / "jwks.json", jwks)
    print(f"secrets are in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "secrets")
