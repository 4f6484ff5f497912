"""One process at a time is killed, or stopped for a while."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Self

from cli.processes import Child, Children

EVERY = (3.0, 9.0)
STOPPED_FOR = (1.0, 15.0)


class Killer:
    """At work as long as its block; ``done`` counts by program and by how."""

    def __init__(self, children: Children, rng: random.Random) -> None:
        self.done: Counter[tuple[str, str]] = Counter()
        self._children = children
        self._rng = rng
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="killer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ending.wait(self._rng.uniform(*EVERY)):
            alive = [child for child in self._children.running if child.process.poll() is None]
            if alive:
                self._strike(self._rng.choice(alive))

    def _strike(self, child: Child) -> None:
        how = self._rng.choice(("killed", "stopped"))
        with suppress(ProcessLookupError):
            if how == "killed":
                os.kill(child.process.pid, signal.SIGKILL)
            else:
                os.kill(child.process.pid, signal.SIGSTOP)
                self._ending.wait(self._rng.uniform(*STOPPED_FOR))
                os.kill(child.process.pid, signal.SIGCONT)
            self.done[child.program.name, how] += 1
