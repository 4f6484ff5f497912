"""Other processes that open a ledger at the same moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_OPEN = """
import sys
from datetime import UTC, datetime
from ledger.database import open_ledger
sys.stdin.readline()
open_ledger(sys.argv[1], lambda: datetime.now(UTC)).close()
print("opened")
"""


def processes_opening(url: str, how_many: int) -> list[str]:
    """What so many processes say that open the ledger at once: "opened" each."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN, url],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(how_many)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("now\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60) for process in processes]
    return [(out.strip() or err.strip().splitlines()[-1]) for out, err in told]
