"""What holds for the whole run."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from tests.support import specs

_CHECKED: Counter[str] = Counter()
# What waits for servers beside what computes, so that two processes share two cores.
LONG = (
    "tests/prefect/test_prefect_here",
    "tests/simulation/test_histories",
    "tests/prefect/test_main_job",
    "tests/simulation/test_more_histories",
    "tests/desk/test_browser",
    "tests/crashes",
    "tests/simulation",
    "tests/cli",
)


@pytest.fixture(scope="session", autouse=True)
def _contracts_kept() -> Generator[None]:  # pyright: ignore[reportUnusedFunction]
    """No exchange of this run broke what the vendors' own files say."""
    yield
    found = list(dict.fromkeys(specs.VIOLATIONS))
    assert not found, f"{len(found)} breaches of the vendors' contracts:\n" + "\n".join(found[:20])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Each worker of a divided run tells the one that prints how much it checked."""
    told: Any = getattr(session.config, "workeroutput", None)
    if told is None:
        _CHECKED.update(specs.CHECKED)
    else:
        told["checked"] = dict(specs.CHECKED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _CHECKED.update(getattr(node, "workeroutput", {}).get("checked", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many exchanges were held against the vendors' files, or why none was."""
    if specs.missing():
        terminalreporter.write_line(f"No exchange was checked: {specs.missing()}.")
    elif _CHECKED:
        hosts = ", ".join(f"{host} {count}" for host, count in sorted(_CHECKED.items()) if count)
        terminalreporter.write_line(f"{_CHECKED.total()} exchanges were held against the vendors' own files: {hosts}.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no worker is left with it at the end."""
    items.sort(key=lambda item: next((at for at, path in enumerate(LONG) if item.nodeid.startswith(path)), len(LONG)))


def pytest_collection_finish() -> None:
    """What has been read by now stays: looking through it again and again for garbage takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
