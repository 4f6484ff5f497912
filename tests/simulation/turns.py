"""Threads that take turns: exactly one runs between two gates, and who goes on is decided by the history's dice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.clock import HandClock
from tests.support.ledgers import Killed

# At a gate whoever runs goes on more often than not: switching everywhere explores less than it costs.
STAYS = 0.6
# Far more than any history has.
MOST_GATES = 20_000


class Endless(Exception):
    """Programs go round in circles."""


@dataclass(eq=False)
class Runner:
    """One thread, which stands for one process of ours."""

    name: str
    program: Callable[[], None]
    wake_at: datetime
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: bool = False
    doomed: bool = False

    def __post_init__(self) -> None:
        self.lock.acquire()


class Turns:
    """The threads of one history on one virtual clock.

    ``throw(name)`` gives a number from 0 up to 1, the same for the same name. ``between`` is called at each gate; it
    does what is due in the world and returns the moment of what comes next there.
    """

    def __init__(self, clock: HandClock, throw: Callable[[str], float], between: Callable[[], datetime | None]) -> None:
        self._clock = clock
        self._throw = throw
        self._between = between
        self._runners: list[Runner] = []
        self._main = threading.Lock()
        self._count = 0
        self._passed = 0
        self._failure: BaseException | None = None
        self.current: Runner | None = None

    def add(self, name: str, program: Callable[[], None]) -> Runner:
        runner = Runner(name, program, self._clock())
        self._runners.append(runner)
        return runner

    def run(self) -> None:
        """Let all programs run to their end; raises what one of them raised."""
        self._main.acquire()
        threads = [threading.Thread(target=self._run, args=(r,), name=r.name) for r in self._runners]
        for thread in threads:
            thread.start()
        self._wake(self._next())
        self._main.acquire()
        for thread in threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def gate(self) -> None:
        """Here another may take over. Raises ``Killed`` in a thread whose process has died meanwhile, and
        ``Endless``.
        """
        self._passed += 1
        if self._passed > MOST_GATES:
            raise Endless
        runner = self._here()
        self._alive(runner)
        self._between()
        self._alive(runner)
        if len(self._runners) > 1 and self._number("stays") >= STAYS:
            self._hand_over(runner)

    def sleep(self, seconds: float) -> None:
        """The thread that runs rests for so long, while others go on."""
        runner = self._here()
        self._alive(runner)
        runner.wake_at = self._clock() + timedelta(seconds=max(0.0, seconds))
        self._hand_over(runner)

    def doom(self) -> None:
        """All processes die, each as soon as it would go on."""
        for runner in self._runners:
            runner.doomed = True
            runner.wake_at = min(runner.wake_at, self._clock())

    def doom_this(self) -> None:
        """The process at its turn is dead: at its next gate it notices."""
        self._here().doomed = True

    def reborn(self) -> None:
        """The thread that runs stands for a new process."""
        self._here().doomed = False

    @property
    def others_wake_at(self) -> list[datetime]:
        """When those go on whose programs have not ended, without the one at its turn."""
        return [r.wake_at for r in self._runners if not r.ended and r is not self.current]

    def _here(self) -> Runner:
        if self.current is None:
            raise RuntimeError("nobody's turn")
        return self.current

    def _alive(self, runner: Runner) -> None:
        if runner.doomed or self._failure is not None:
            raise Killed

    def _run(self, runner: Runner) -> None:
        runner.lock.acquire()
        try:
            runner.program()
        except Killed:
            pass
        except BaseException as failure:  # noqa: BLE001 - told by ``run``
            self._failure = self._failure or failure
        runner.ended = True
        self._wake(self._next())

    def _hand_over(self, runner: Runner) -> None:
        following = self._next()
        if following is not runner:
            self._wake(following)
            runner.lock.acquire()
        self._alive(runner)

    def _next(self) -> Runner | None:
        """Who goes on; moves the clock where all rest, and with it the world."""
        waiting = [r for r in self._runners if not r.ended]
        if not waiting:
            return None
        if self._failure is not None:
            return waiting[0]
        while not (ready := [r for r in waiting if r.wake_at <= self._clock() or r.doomed]):
            coming = self._between()
            moments = [r.wake_at for r in waiting] + ([coming] if coming else [])
            until = min(moments) - self._clock()
            self._clock.advance(max(0.0, until.total_seconds()))
        return ready[0] if len(ready) == 1 else ready[int(self._number("turn") * len(ready))]

    def _wake(self, runner: Runner | None) -> None:
        self.current = runner
        (runner.lock if runner else self._main).release()

    def _number(self, name: str) -> float:
        self._count += 1
        return self._throw(f"{name} {self._count}")
