"""What holds for the whole run."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling, Scheduling

from tests.support import specs

_CHECKED: Counter[str] = Counter()
# What waits for servers beside what computes, so that the processes share the cores.
FIRST = (
    "tests/prefect/test_prefect_here",
    "tests/prefect/test_main_job",
    "tests/crashes/test_every_gate",
    "tests/desk/test_browser",
    "tests/crashes",
    "tests/cli",
)
# What is handed out test by test fills up whoever is done with the rest.
LAST = "tests/simulation/test_histories"
# What shares a server, and so one process.
TOGETHER = ("tests/prefect/test_prefect_here", "tests/prefect/test_main_job")


class _ByFile(LoadFileScheduling):
    """Hands the tests of a file to one process."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(LAST):
            return nodeid
        return TOGETHER[0] if nodeid.startswith(TOGETHER) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return _ByFile(config, log)


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
    """What takes long comes first and what can be shared out last, so that nobody is left with it at the end."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.nodeid.startswith(LAST):
        return len(FIRST) + 1
    return next((at for at, path in enumerate(FIRST) if item.nodeid.startswith(path)), len(FIRST))


def pytest_collection_finish() -> None:
    """What has been read by now stays: looking through it again and again for garbage takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
