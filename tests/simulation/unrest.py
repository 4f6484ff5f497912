"""What still waits in a calm world, for something else than a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from ledger import budget, inbox, outbox, restores
from ledger.tables import Cursor, Effect, InboxEntry, Remembered
from stages import capture, frugal, restored
from tests.simulation.judges.evidence import customers_of, marked
from tests.simulation.result import Result

_OPEN = select(Effect).where(col(Effect.state).in_(("planned", "sending", "unknown", "chosen")))
# These wait for their day, weeks later.
_ON_A_DAY = (outbox.REMINDER, outbox.WAKE, outbox.LOOK)
# These move no invoice: they are seen when payments are looked at, each half hour.
PAID_BACK = ("refund", "pay back")


def unfinished(result: Result) -> list[str]:
    """What is noticed, intended or under way."""
    late = result.world.xero.faults.under_way + result.side.double.faults.under_way
    with result.ledger.read() as session:
        streams = (
            inbox.DEALS,
            inbox.INVOICES,
            inbox.CREDITS,
            *((inbox.DETAILS,) if result.tape.setting.details else ()),
        )
        noticed = [stream for stream in streams if inbox.waiting(session, result.pair, stream)]
        effects = [f"{effect.kind} {effect.state}" for effect in _open(session, result)]
    return [*noticed, *effects, *(["requests under way"] if late else [])]


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
        waits = col(InboxEntry.version) > col(InboxEntry.handled)
        of_both = col(InboxEntry.stream).in_((inbox.DEALS, inbox.INVOICES))
        entries = session.exec(select(InboxEntry).where(waits, of_both)).all()
        subjects = [bearers.get(e.record, "") if e.stream == inbox.INVOICES else f"deal:{e.record}" for e in entries]
        subjects += [effect.subject for effect in _open(session, result)]
    seldom = f"{inbox.PAYMENTS} not looked at"  # for half an hour, and nobody waits for it
    return [*(each for each in subjects if each and each not in sick), *(x for x in unlooked(result) if x != seldom)]


def next_due(result: Result, since: datetime) -> datetime | None:
    """When the first of what waits came or comes to its time since then, or payments are looked at; None where nothing
    does.
    """
    with result.ledger.read() as session:
        waits = select(InboxEntry.due_at).where(col(InboxEntry.version) > col(InboxEntry.handled))
        moments = [*session.exec(waits).all(), *(effect.next_at for effect in _open(session, result))]
        payments = session.get(Remembered, (result.pair, frugal.name_of(inbox.PAYMENTS)))
        moments += [payments.at + capture.HALF_AN_HOUR] if payments else []
    return min((due for due in moments if due and due > since), default=None)


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
    with result.ledger.read() as session:
        looked = {s: session.get(Remembered, (result.pair, frugal.name_of(s))) for s in streams}
        quiet, all_looked = restores.quiet_until(session), session.get(Remembered, (result.pair, restored.LOOKED))
    # By a clock that was fast a look from before may seem to be one of now.
    since = result.calm_at + timedelta(seconds=max(0.0, *result.tape.setting.skews))
    unseen = [stream for stream, row in looked.items() if row is None or row.at < since]
    if quiet is not None and (all_looked is None or all_looked.value != quiet.isoformat()):
        unseen.append("what we made")
    return [f"{each} not looked at" for each in unseen]


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
