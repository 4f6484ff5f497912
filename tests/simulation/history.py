"""One history from its beginning to its end: processes at work, people at theirs, trouble in between, and then calm."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from connectors.errors import ConnectorError, NotConnected
from connectors.oauth import Token
from ledger import reviews
from ledger.database import Ledger
from ledger.restores import Mark
from ledger.tokens import Tokens
from sandbox.clock import HandClock
from sandbox.wire import Request
from stages import answering, rounds
from stages.pair import Pair
from tests.simulation import beginnings, unrest
from tests.simulation.crms import SIDES
from tests.simulation.crowd import Crowd
from tests.simulation.dice import Dice
from tests.simulation.hints import Hints
from tests.simulation.outside import Calls, GatedLedger, Gates
from tests.simulation.result import WATCHED, Result, Told
from tests.simulation.script import Event
from tests.simulation.tape import Tape
from tests.simulation.trouble import Rates, Troubles
from tests.simulation.turns import Turns
from tests.support.ledgers import Killed

RESTARTS = (0.0, 0.0, 5.0, 300.0, 1500.0)
# So many events pass unheeded before the next run.
SKIPS = (0, 0, 0, 1, 2)
AFTER = (0.5, 3.0, 20.0, 60.0, 400.0)
# Nothing runs more often in a calm world.
SHORTEST = 60
CONNECTS_AFTER = timedelta(minutes=15)
# A late draft may turn up so long after everything else has come to rest.
SWEPT_AFTER = timedelta(minutes=95)


class History:
    """A tape being played."""

    def __init__(self, tape: Tape, engine: Engine | None = None) -> None:
        self.tape = tape
        self.dice = Dice(tape.seed)
        setting = tape.setting
        start = beginnings.of(setting, cold=engine is not None)
        self.world, ids = start.fresh()
        self.engine = engine or beginnings.engine()
        if engine is None:
            beginnings.driver(self.engine).deserialize(start.database)
        assert isinstance(self.world.clock, HandClock)
        self.clock = self.world.clock
        self.settings = beginnings.settings(self.world, refresh=setting.refresh)
        self.side = SIDES[setting.crm](self.world)
        self.crowd = Crowd(self.world, self.side, ids)
        self.troubles = Troubles(self.dice, Rates.of(self.dice), tape.troubles)
        self.turns = Turns(self.clock, self.dice.throw, self._between)
        self.gates = Gates(self.world, self.side, self.turns, self.troubles, self.dice, self._note)
        self.began = self.clock()
        self.mark = Mark()
        self._events = list(tape.events)
        self._copy: bytes | None = None
        self._connects_at: datetime | None = None
        self._unwon: set[str] = set()
        self._skew = (*setting.skews, *(0.0 for _ in range(4)))
        ledger = Ledger(self.engine, self.clock)
        self.result = Result(tape, self.world, self.side, ledger, self.crowd, self.began, self.began, self.began)
        self._set_the_stage()

    def _set_the_stage(self) -> None:
        setting = self.tape.setting
        self.world.xero.list_lag = setting.list_lag
        self.world.xero.keys.by_token = setting.keys_by_token
        self._late = self.side.behave(late=setting.index_lag, particular=setting.names_missing)
        self.hints = Hints(self.world, self.side, self.dice, setting.hints)

    # ── playing ──

    def play(self) -> Result:
        for number in range(self.tape.setting.workers):
            self.turns.add(f"w{number}", self._program(number))
        log = logging.getLogger()
        told = Told(self.result.told)
        log.addHandler(told)
        try:
            self.turns.run()
        finally:
            log.removeHandler(told)
        self.result.ended = self.clock()
        self.result.gates = self.troubles.gates
        self.result.done += self.hints.happened
        self.result.impatient = self.gates.impatient
        self.result.struck = self.tape.but(self.tape.events, self.troubles.struck)
        return self.result

    def _program(self, number: int) -> Callable[[], None]:
        def program() -> None:
            lives = 0
            while True:
                try:
                    if lives:
                        self.turns.sleep(self.dice.pick(f"restart {number} {lives}", RESTARTS))
                    self._live(number, lives)
                except Killed:  # it may die while it starts
                    lives += 1
                    self.turns.reborn()
                    self._note(f"w{number} starts again")
                else:
                    return

        return program

    def _live(self, number: int, lives: int) -> None:
        """The life of one process: one job after the other until all is calm; the first one also sees to the end."""
        ledger = GatedLedger(self.engine, lambda: self.clock() + timedelta(seconds=self._skew[number]), self.gates)
        jobs = 0
        while self._events or not self._is_over():
            name = f"job {number} {lives} {jobs}"
            jobs += 1
            self._run(number, ledger, self._job(name))
            self.turns.sleep(self._rest(name))
        if number == 0:
            self._calm(ledger)

    def _rest(self, name: str) -> float:
        """Some runs follow at once; most wait for something to happen, since only then there is something to do."""
        if self.dice.happens(f"{name} short", 0.25) or not self._events:
            return self.dice.between(f"{name} rest", 10, 70)
        following = self._events[min(self.dice.pick(f"{name} skips", SKIPS), len(self._events) - 1)]
        coming = (self._due(following.at) - self.clock()).total_seconds()
        return max(0.0, coming) + self.dice.pick(f"{name} after", AFTER)

    def _job(self, name: str) -> Callable[[Pair], object]:
        if self.tape.setting.details and self.dice.happens(f"{name} details", 0.3):
            return rounds.contacts_both_ways
        if (number := self.dice.throw(name)) < 0.1:
            return lambda pair: self._answer(pair, name)
        if number < 0.2 and self.hints.waiting:
            return self.hints.deliver
        return rounds.deals_to_invoices if number < 0.65 else rounds.invoices_to_deals

    def _run(self, number: int, ledger: GatedLedger, job: Callable[[Pair], object]) -> str:
        """One run as a worker makes it; what stopped it, if anything did."""
        around = beginnings.surroundings(
            ledger.now,
            self.turns.sleep,
            Calls(self.gates, lambda: ledger.within, self._poisoned, ledger.now),
            f"w{number}",
            self.mark,
        )
        try:
            job(beginnings.opened(self.tape.setting, self.crowd.variant, ledger, around, self.settings))
        except Exception as trouble:  # noqa: BLE001 - judged later
            self._note(f"stopped: {type(trouble).__name__} {trouble if isinstance(trouble, ConnectorError) else ''}")
            self.result.told.append("".join(traceback.format_exception(trouble)))
            if not isinstance(trouble, ConnectorError):
                self.result.mishaps.append(type(trouble).__name__)
            if isinstance(trouble, NotConnected) and trouble.system == "xero":
                self._connects_at = self._connects_at or self.clock() + CONNECTS_AFTER
            return type(trouble).__name__
        return ""

    def _answer(self, pair: Pair, name: str) -> None:
        """A person settles an open question, somehow."""
        with pair.ledger.read() as session:
            items = reviews.opened(session, self.side.pair)
        if items:
            item = self.dice.pick(f"{name} which", items)
            choice = self.dice.pick(f"{name} what", reviews.question_of(item).choices)
            self._note(f"answers {item.kind} {item.subject}: {choice.id.split(':')[0]}")
            self.result.answers.append((item.subject, choice.id))
            answering.answer(pair, item.id or 0, choice.id, by="person")

    def _poisoned(self, asked: Request) -> bool:
        deal, body = self.crowd.sold.get("d0", "none"), asked.body
        match self.tape.setting.poisoned:
            case "invoice":
                return asked.path.endswith("/Invoices") and f"/{deal}?x=".encode() in body and b'"DRAFT"' in body
            case "deal":
                return self.side.writes_to(asked.method, asked.path, body, deal)
            case "contact":
                return asked.path.endswith("/Contacts") and b"Saltbush" in body
            case _:
                return False

    # ── the world ──

    def _between(self) -> datetime | None:
        """Let everything happen whose time has come; when the next thing does."""
        if self._connects_at is not None and self._connects_at <= self.clock():
            self._connects_at = None
            self._connect_again()
        while self._events and self._due(self._events[0].at) <= self.clock():
            event = self._events.pop(0)
            done = self._ledger_event(event.do) if "ledger" in event.do else self.crowd.act(event)
            self._note(f"{event.do} {event.on}{'' if done else ': nothing to do'}")
            self._count(event, done=done)
            self.hints.hear(self.clock())
        coming = [*([self._due(self._events[0].at)] if self._events else []), self._connects_at]
        return min((moment for moment in coming if moment), default=None)

    def _count(self, event: Event, *, done: bool) -> None:
        self.result.done[event.do] += done
        if done and event.do == "unwin":
            self._unwon.add(event.on)
        self.result.done["won again"] += done and event.do == "win" and event.on in self._unwon

    def _connect_again(self) -> None:
        """A person was asked to, and consents anew."""
        now, ledger = self.clock(), Ledger(self.engine, self.clock)
        token = Token("", self.world.xero.people.connect(), now, now)
        Tokens(ledger, beginnings.SEAL, "demo-xero", "person", self.clock.advance).save(token.to_text())
        self._note("connects again")

    def _ledger_event(self, do: str) -> bool:
        if self.engine is not beginnings.engine():
            return False
        connection = beginnings.driver(self.engine)
        if do == "copy ledger":
            self._copy = connection.serialize()
            return True
        if self._copy is None:
            return False
        connection.deserialize(self._copy)
        self.gates.all_forget()
        self.turns.doom()
        return True

    def _due(self, at: float) -> datetime:
        return self.began + timedelta(seconds=at)

    def _is_over(self) -> bool:
        last = max((event.at for event in self.tape.events), default=0.0)
        return self.clock() >= self._due(last)

    def _note(self, line: str) -> None:
        runner, moment = self.turns.current, (self.clock() - self.began).total_seconds()
        self.result.trace.append(f"{moment:.3f} {runner.name if runner else '-'} {line}")

    # ── the calm ──

    def _calm(self, ledger: GatedLedger) -> None:
        """No more trouble: run after run until nothing is left to do, and once more after late drafts were swept."""
        self.troubles.calm = True
        self._skew = (0.0,) * len(self._skew)
        while others := self.turns.others_wake_at:
            self.turns.sleep(max(1.0, (max(others) - self.clock()).total_seconds()))
        # What lists don't show yet is seen by nobody.
        self.turns.sleep(max(self.tape.setting.list_lag, self._late) + 1)
        if self.hints.waiting:
            self._run(0, ledger, self.hints.deliver)
        self._note("calm")
        self.result.calm_at = self.clock()
        self.result.paused_until = unrest.paused_until(self.result)
        if not self._comes_to_rest(ledger):
            return
        self.result.quiet_at = self.clock()
        more = max(unrest.unlisted(self.result), unrest.looked_aside(self.result))
        if unrest.anything_late(self.result) or not self.dice.happens("ends early", 0.7):
            more = SWEPT_AFTER.total_seconds()
        if more:
            self.turns.sleep(more)
            self._comes_to_rest(ledger)

    def _comes_to_rest(self, ledger: GatedLedger) -> bool:
        """Run after run until nothing is left to do; False where something always is."""
        since = self.clock()
        while self.clock() - self.result.calm_at < WATCHED:
            began = self.clock()
            stopped = [self._run(0, ledger, job) for job in self._jobs]
            waiting = [*unrest.unfinished(self.result), *unrest.unlooked(self.result)]
            if not self.result.healthy_at and not unrest.unfinished_of_the_healthy(self.result):
                self.result.healthy_at = self.clock()
            self.result.left = f"stopped by {stopped}, waiting: {waiting}" if any(stopped) or waiting else ""
            if not self.result.left:
                return True
            since = self._rest_in_calm(since, None if any(stopped) else unrest.next_due(self.result, began))
        return False

    @property
    def _jobs(self) -> tuple[Callable[[Pair], object], ...]:
        more = (rounds.contacts_both_ways,) if self.tape.setting.details else ()
        return (rounds.deals_to_invoices, rounds.invoices_to_deals, *more)

    def _rest_in_calm(self, since: datetime, due: datetime | None) -> datetime:
        """Rest till something is due; longer the longer it lasts where nothing is known to be, or only poison waits."""
        now, paused = self.clock(), unrest.paused_until(self.result)
        poison_since = self.result.healthy_at if self.tape.setting.poisoned else None
        lasts = (now - max(since, poison_since or since)).total_seconds()
        rest = lasts / 2 if poison_since else (due - now).total_seconds() + 1 if due else lasts / 8
        self.turns.sleep(max(SHORTEST, rest, (paused - now).total_seconds()))
        return paused if paused > now else since
