"""The long-running programs of one machine: started, watched, started again when they end, stopped with us."""

import fcntl
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from rich.console import Console

SETTLED = 60.0
"""Seconds a program must have run for its earlier crashes to be forgotten."""

GRACE = 15.0
"""Seconds a program has to end by itself when asked to."""

LARGE_LOG = 5_000_000


class NotUp(Exception):
    """A program did not come up; the message is what the person who started it should read."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command to keep running and how to tell that it is up; ``environment`` is all it gets."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    healthy: Callable[[], bool]
    directory: Path
    patience: float = 90.0


@dataclass(slots=True)
class Child:
    """A program as it runs now, the leader of its own process group."""

    program: Program
    process: subprocess.Popen[bytes]
    started: float
    up: bool = False
    crashes: int = 0
    due: float | None = None


@dataclass(slots=True)
class Children:
    """The programs that run as long as this context manager does; every one inherits ``lock``."""

    data_dir: Path
    console: Console
    lock: int | None = None
    running: list[Child] = field(default_factory=list[Child])
    _ending: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._watch = threading.Thread(target=self._keep_watch, name="watch", daemon=True)
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, program: Program) -> None:
        """Start it and wait until it is healthy; raises ``NotUp`` with the last lines of its log."""
        child = self._spawn(program)
        self.running.append(child)
        self._note()
        self._wait_until_up(child)
        child.up = True
        self.console.print(f"[green]✓[/] {program.name} is up ({time.monotonic() - child.started:.0f} s)")

    def stop(self) -> None:
        """Ask them to end, the last started first; a second Ctrl-C ends the rest at once."""
        grace = GRACE
        self._ending.set()
        while self.running:
            child = self.running[-1]
            try:
                if self._watch is not None:
                    self._watch.join()
                with self.console.status(f"Stopping {child.program.name}"):
                    end(child.process, grace)
                self.running.pop()
            except KeyboardInterrupt:
                grace = 0.0

    def log_of(self, program: Program) -> Path:
        return self.data_dir / "logs" / f"{program.name.lower().replace(' ', '-')}.log"

    def _spawn(self, program: Program) -> Child:
        log = self.log_of(program)
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LARGE_LOG:
            log.replace(log.with_suffix(".log.old"))
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603  (commands are ours)
                program.command,
                cwd=program.directory,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,  # a Ctrl-C in the terminal reaches us alone, so that the order of ending is ours
                pass_fds=() if self.lock is None else (self.lock,),
            )
        return Child(program, process, started=time.monotonic())

    def _wait_until_up(self, child: Child) -> None:
        name, patience = child.program.name, child.program.patience
        with self.console.status(f"Starting {name}") as status:
            while (code := child.process.poll()) is not None or not child.program.healthy():
                seconds = time.monotonic() - child.started
                if code is not None:
                    raise NotUp(f"{name} ended at once with exit code {code}.{self._last_words(child.program)}")
                if seconds > patience:
                    raise NotUp(
                        f"{name} did not come up within {patience:.0f} seconds.{self._last_words(child.program)}"
                    )
                status.update(f"Starting {name} ({seconds:.0f} s)")
                self._ending.wait(0.1)

    def _last_words(self, program: Program) -> str:
        lines = last_lines(self.log_of(program).read_text(errors="replace"))
        return (
            f" The end of {self.log_of(program)}:\n{lines}" if lines else f" Its log is empty: {self.log_of(program)}"
        )

    def _keep_watch(self) -> None:
        while not self._ending.wait(0.2):
            for index, child in enumerate(self.running):
                if child.up and (successor := self._look_after(child, time.monotonic())):
                    self.running[index] = successor
                    self._note()

    def _look_after(self, child: Child, now: float) -> Child | None:
        """The successor of a child that has ended, once the pause before it is over."""
        code = child.process.poll()
        if code is None:
            child.crashes = child.crashes if now - child.started < SETTLED else 0
        elif child.due is None:
            child.crashes += 1
            pause = pause_after(child.crashes)
            child.due = now + pause
            again = f"{child.program.name} ended with exit code {code}; it starts again in {pause:.0f} s"
            self.console.print(f"[yellow]![/] {again} (log: {self.log_of(child.program)})")
        elif now >= child.due:
            successor = self._spawn(child.program)
            successor.up, successor.crashes = True, child.crashes
            return successor
        return None

    def _note(self) -> None:
        """Leave the process ids where ``alone_in`` of a later start finds them."""
        lines = [f"{child.program.name}: process {child.process.pid}" for child in self.running]
        (self.data_dir / "processes").write_text("\n".join([f"wonbooks: process {os.getpid()}", *lines]) + "\n")


def pause_after(crashes: int) -> float:
    """Seconds to wait before starting a program again that has just crashed for the nth time in a row."""
    return min(60.0, 2.0 ** (crashes - 1))


def end(process: subprocess.Popen[bytes], grace: float) -> None:
    """End a child we started: SIGTERM, and after ``grace`` seconds SIGKILL to its process group."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def last_lines(text: str, count: int = 12) -> str:
    return "\n".join(f"  {line}" for line in [line for line in text.splitlines() if line.strip()][-count:])


@contextmanager
def alone_in(data_dir: Path) -> Generator[int]:
    """Keep a second Wonbooks off this directory; yields the lock's descriptor, for children to inherit.

    The lock ends with the last process that has it open. So the children of a killed parent, which go on running, still
    keep a second server off their database.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            notes = data_dir / "processes"
            held_by = last_lines(notes.read_text()) if notes.exists() else "  (not known)"
            raise NotUp(f"Wonbooks already runs on {data_dir}. End these processes first:\n{held_by}") from None
        yield lock.fileno()


@contextmanager
def ended_by_signals() -> Generator[None]:
    """SIGTERM and a closed terminal end us like Ctrl-C does. Main thread only."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (as signal calls it)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def free_port(preferred: int = 0) -> int:
    """A free port of the loopback interface, the preferred one if it is free."""
    for port in (preferred, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise NotUp("This machine has no free port on 127.0.0.1.")


def ask(port: int, path: str, body: str | None = None, method: str = "") -> bytes | None:
    """The body of a 2xx answer from 127.0.0.1, or ``None``; POST when there is a body, else GET."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method or ("GET" if body is None else "POST"), path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return content if 200 <= answer.status < 300 else None
