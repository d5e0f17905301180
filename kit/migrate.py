"""Migrations: the kit's own tables, then the service's, by dbmate under its advisory lock: `python -m kit.migrate SERVICE`."""

import asyncio
import os
import shutil
import sys
import sysconfig
from pathlib import Path

from kit.settings import SettingsRefused, StoreSettings, load

KIT_MIGRATIONS = Path(__file__).parent / "migrations"
SERVICES = Path(__file__).parent.parent / "services"


class MigrationFailed(Exception):
    """dbmate refused, and said why; nothing of the failing file was applied."""


def dbmate() -> str:
    """The dbmate that was installed with us. Raises MigrationFailed when there is none."""
    beside = Path(sysconfig.get_path("scripts")) / "dbmate"
    found = str(beside) if beside.exists() else shutil.which("dbmate")
    if found is None:
        raise MigrationFailed("dbmate is not installed: install the project's requirements.lock")
    return found


async def migrate(service: str | None, dsn: str) -> None:
    """Bring a service's database up to date; None brings the kit's tables alone. Safe beside others. Raises MigrationFailed."""
    await _apply(KIT_MIGRATIONS, "kit_migrations", dsn)
    if service is not None and (own := SERVICES / service / "migrations").is_dir():
        await _apply(own, "schema_migrations", dsn)


async def _apply(folder: Path, table: str, dsn: str) -> None:
    url = dsn if "sslmode=" in dsn else f"{dsn}{'&' if '?' in dsn else '?'}sslmode=disable"
    process = await asyncio.create_subprocess_exec(
        dbmate(),
        *(
            "-d",
            str(folder),
            "--migrations-table",
            table,
            "--no-dump-schema",
            "--migration-lock",
            "migrate",
            "--strict",
        ),
        env={**os.environ, "DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise MigrationFailed(f"{folder.parent.name}: {said.decode(errors='replace').strip()}")


def main(arguments: list[str]) -> int:
    """Migrate one service's database. Exit codes: 0 done, 64 usage, 70 refused, 78 settings."""
    if len(arguments) != 1 or not (SERVICES / arguments[0] / "__init__.py").exists():
        print("usage: python -m kit.migrate SERVICE   (a folder under services/)", file=sys.stderr)
        return 64
    try:
        settings = load(StoreSettings)
    except SettingsRefused as error:
        print(error, file=sys.stderr)
        return 78
    try:
        asyncio.run(migrate(arguments[0], settings.database_url.get_secret_value()))
    except MigrationFailed as error:
        print(error, file=sys.stderr)
        return 70
    print(f"{arguments[0]}: database is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
