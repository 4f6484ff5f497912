"""What still waits in a calm world, for something else than a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from ledger import budget, inbox, outbox, restores
from ledger.tables import Cursor, Effect, InboxEntry, Remembered
from stages import capture, frugal, restored
from tests.simulation.judges.evidence import customers_of, marked
from tests.simulation.result import Result

_OPEN = select(Effect).where(col(Effect.state).in_(("planned", "sending", "unknown", "chosen")))
_WAITS = col(InboxEntry.version) > col(InboxEntry.handled)
_NOTICED = select(InboxEntry.stream).where(
    InboxEntry.pair == bindparam("pair"),
    col(InboxEntry.stream).in_((inbox.DEALS, inbox.INVOICES, inbox.CREDITS, inbox.DETAILS)),
    _WAITS,
)
# These wait for their day, weeks later.
_ON_A_DAY = (outbox.REMINDER, outbox.WAKE, outbox.LOOK)
# These move no invoice: they are seen when payments are looked at, each half hour.
PAID_BACK = ("refund", "pay back")
LOOKED_AT = {stream: frugal.name_of(stream) for stream in (inbox.DEALS, inbox.INVOICES, inbox.PAYMENTS)}
_LOOKS = select(Remembered.name, Remembered.at).where(
    Remembered.pair == bindparam("pair"), col(Remembered.name).in_(LOOKED_AT.values())
)
# How long a stream may not be looked at.
PAUSES = (frugal.QUARTER, *(pause for _, pause in frugal.SELDOM))


def unfinished(result: Result) -> list[str]:
    """What is noticed, intended or under way."""
    with result.ledger.read() as session:
        streams = set(session.exec(_NOTICED, params={"pair": result.pair}).all())
        noticed = sorted(streams if result.tape.setting.details else streams - {inbox.DETAILS})
        effects = [f"{effect.kind} {effect.state}" for effect in _open(session, result)]
    return [*noticed, *effects, *(["requests under way"] if _under_way(result) else [])]


def _under_way(result: Result) -> list[datetime]:
    return [*result.world.xero.faults.under_way, *result.side.double.faults.under_way]


def _open(session: Session, result: Result) -> list[Effect]:
    now = result.world.clock()
    return [e for e in session.exec(_OPEN).all() if e.kind not in _ON_A_DAY or e.next_at <= now]


def unfinished_of_the_healthy(result: Result) -> list[str]:
    """The same without what is poisoned: the first deal, or those of one customer."""
    if not result.tape.setting.poisoned:
        return unfinished(result)
    if result.crowd.merged:
        return []
    sick = _sick(result)
    bearers = {i: f"deal:{marked(invoice)[0]}" for i, invoice in result.world.xero.invoices.items()}
    with result.ledger.read() as session:
        of_both = col(InboxEntry.stream).in_((inbox.DEALS, inbox.INVOICES))
        entries = session.exec(select(InboxEntry).where(_WAITS, of_both)).all()
        subjects = [bearers.get(e.record, "") if e.stream == inbox.INVOICES else f"deal:{e.record}" for e in entries]
        subjects += [effect.subject for effect in _open(session, result)]
    seldom = f"{inbox.PAYMENTS} not looked at"  # for half an hour, and nobody waits for it
    return [*(each for each in subjects if each and each not in sick), *(x for x in unlooked(result) if x != seldom)]


def next_due(result: Result, began: datetime) -> datetime | None:
    """When the first of what waits came or comes to its time since this round began; None where nothing does."""
    with result.ledger.read() as session:
        moments = [
            *session.exec(select(InboxEntry.due_at).where(_WAITS)).all(),
            *(_due_at(effect) for effect in _open(session, result)),
        ]
    looks, since = _looks(result), _clocks_agree_from(result)
    if inbox.PAYMENTS in looks:
        moments.append(looks[inbox.PAYMENTS] + capture.HALF_AN_HOUR)
    for at in looks.values():
        if at < since:
            moments += [since, *(at + pause for pause in PAUSES)]
    return min((due for due in [*moments, *_under_way(result)] if due > began), default=None)


def _due_at(effect: Effect) -> datetime:
    if effect.state != "sending" or effect.sent_at is None:
        return effect.next_at
    return max(effect.next_at, effect.sent_at + outbox.SENDING_FOR)


def _sick(result: Result) -> set[str]:
    if result.tape.setting.poisoned != "contact":
        return {f"deal:{result.crowd.sold.get('d0', '')}"}
    customers = {f"customer:company:{result.crowd.ids[name]}" for name in ("saltbush", "twin")}
    return customers | {f"deal:{deal}" for deal in result.side.deals() if customers & customers_of(result, deal)}


def unlooked(result: Result) -> list[str]:
    """The streams that were not asked for changes since all is calm: while hints wait, once in a while is enough. And
    all that we made, after a restore.
    """
    back = any(result.done[each] for each in PAID_BACK)
    streams = (inbox.DEALS, inbox.INVOICES, *((inbox.PAYMENTS,) if back else ()))
    looks, since = _looks(result), _clocks_agree_from(result)
    with result.ledger.read() as session:
        quiet, all_looked = restores.quiet_until(session), session.get(Remembered, (result.pair, restored.LOOKED))
    unseen = [stream for stream in streams if stream not in looks or looks[stream] < since]
    if quiet is not None and (all_looked is None or all_looked.value != quiet.isoformat()):
        unseen.append("what we made")
    return [f"{each} not looked at" for each in unseen]


def _looks(result: Result) -> dict[str, datetime]:
    """When each stream was last looked at."""
    with result.ledger.read() as session:
        rows = dict(session.exec(_LOOKS, params={"pair": result.pair}).all())
    return {stream: rows[name] for stream, name in LOOKED_AT.items() if name in rows}


def _clocks_agree_from(result: Result) -> datetime:
    """From when on a look is one of now: by a clock that was fast one from before may seem to be."""
    return result.calm_at + timedelta(seconds=max(0.0, *result.tape.setting.skews))


def paused_until(result: Result) -> datetime:
    """Until when somebody asked us to wait, or we wait by ourselves after a restore; now, if nobody did."""
    now = result.world.clock()
    with result.ledger.read() as session:
        pauses = [row.paused_until for row in budget.state(session, result.pair) if row.paused_until]
        quiet = restores.quiet_until(session)
    return max([*pauses, *([quiet] if quiet else []), now])


def anything_late(result: Result) -> bool:
    """Whether a late draft may turn up."""
    with result.ledger.read() as session:
        return any(outbox.to_sweep(session, result.pair, kind) for kind in (outbox.INVOICE, outbox.CREDIT))


def unlisted(result: Result) -> float:
    """How many seconds it takes until Xero's lists show what was last done there."""
    lag = result.tape.setting.list_lag
    since = result.world.clock() - timedelta(seconds=lag)
    changed = any(call.changes and call.at >= since for call in result.world.xero.log[-20:])
    return lag + 1 if changed and lag else 0.0


def looked_aside(result: Result) -> float:
    """How many seconds it takes until that is looked at which is looked at less often."""
    with result.ledger.read() as session:
        cursor = session.get(Cursor, (result.pair, inbox.DEALS))
    return result.side.looks_in(cursor.value, result.world.clock()) if cursor else 0.0
