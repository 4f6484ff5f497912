"""Held: programs are watched, started again, ended with us; a failure to start says why."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from cli.processes import Children, NotUp, Program, alone_in, end, free_port, pause_after
from cli.up import start_prefect
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def said() -> StringIO:
    return StringIO()


@pytest.fixture
def children(tmp_path: Path, said: StringIO) -> Iterator[Children]:
    with Children(tmp_path, Console(file=said, width=200)) as children:
        yield children


def program(tmp_path: Path, code: str, healthy: Callable[[], bool] | None = None, patience: float = 30.0) -> Program:
    """A program of a few lines of Python, by default healthy once it has made the file ``up``."""
    look = healthy or (tmp_path / "up").exists
    return Program("Till", (sys.executable, "-c", textwrap.dedent(code)), dict(os.environ), look, tmp_path, patience)


STAYS = "open('up', 'w').close(); import time; time.sleep(600)"


def test_a_program_is_up_when_it_is_healthy(children: Children, tmp_path: Path, said: StringIO) -> None:
    children.start(program(tmp_path, STAYS))
    assert "Till is up" in said.getvalue()


def test_a_program_that_ends_at_once_leaves_its_last_words(children: Children, tmp_path: Path) -> None:
    with pytest.raises(NotUp, match=r"(?s)Till ended at once with exit code 3\..*no key to the drawer"):
        children.start(program(tmp_path, "print('no key to the drawer'); raise SystemExit(3)"))


def test_a_program_that_never_gets_healthy_is_given_up(children: Children, tmp_path: Path) -> None:
    with pytest.raises(NotUp, match="did not come up within 0 seconds"):
        children.start(program(tmp_path, STAYS, healthy=lambda: False, patience=0.1))


def test_a_program_that_ends_is_started_again(children: Children, tmp_path: Path, said: StringIO) -> None:
    children.start(program(tmp_path, STAYS))
    first = children.running[0].process.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: children.running[0].process.pid != first)
    assert "Till ended with exit code -9; it starts again in 1 s" in said.getvalue()
    until(lambda: f"Till: process {children.running[0].process.pid}" in (tmp_path / "processes").read_text())


def test_the_pause_before_a_new_start_doubles_up_to_a_minute() -> None:
    assert [pause_after(crashes) for crashes in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_nothing_is_left_after_the_stop(tmp_path: Path) -> None:
    with Children(tmp_path, Console(file=StringIO())) as children:
        children.start(program(tmp_path, STAYS))
        process = children.running[0].process
    assert process.poll() == -signal.SIGTERM


def test_a_program_deaf_to_the_first_request_is_killed(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); open('up', 'w').close(); time.sleep(600)"
    process = subprocess.Popen((sys.executable, "-c", deaf), cwd=tmp_path, process_group=0)
    until((tmp_path / "up").exists)
    end(process, grace=0.1)
    assert process.poll() == -signal.SIGKILL


def test_a_port_in_use_is_not_given_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        assert free_port(port) != port
        with pytest.raises(NotUp, match=f"Port {port} is in use by another program"):
            start_prefect(tmp_path, Children(tmp_path, Console(file=StringIO())), port)
    assert free_port(port) == port


PARENT = """
    import os, sys, threading
    from pathlib import Path
    from rich.console import Console
    from cli.processes import Children, Program, alone_in, ended_by_signals

    here = Path(sys.argv[1])
    command = (sys.executable, "-c", "open('up', 'w').close(); import time; time.sleep(600)")
    program = Program("Till", command, dict(os.environ), (here / "up").exists, here)
    with ended_by_signals(), alone_in(here) as lock, Children(here, Console(stderr=True), lock) as children:
        children.start(program)
        (here / "ready").touch()
        threading.Event().wait()
"""


def family(here: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A parent of one child, both up, and the child's process id."""
    command = (sys.executable, "-c", textwrap.dedent(PARENT), str(here))
    parent = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    until((here / "ready").exists)
    return parent, int((here / "processes").read_text().split()[-1])


def test_sigterm_ends_the_children_too(tmp_path: Path) -> None:
    parent, child = family(tmp_path)
    parent.terminate()
    parent.wait(20)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_children_of_a_killed_parent_keep_the_directory_and_are_named(tmp_path: Path) -> None:
    parent, child = family(tmp_path)
    parent.kill()
    parent.wait(20)
    try:
        with pytest.raises(NotUp, match=f"End these processes first:(?s:.*)Till: process {child}"), alone_in(tmp_path):
            raise AssertionError("it should not have been let in")
    finally:
        os.kill(child, signal.SIGKILL)
    until(lambda: let_in(tmp_path))


def let_in(here: Path) -> bool:
    try:
        with alone_in(here):
            return True
    except NotUp:
        return False
