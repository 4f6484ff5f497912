"""Intended changes outside, from the commit that decides them to the one that knows their outcome.

Every change of state names the state it expects, so of two workers one moves a row and the other finds it moved.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b32encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import Session, SQLModel, col, or_, select, text, union, update

from ledger.tables import ONE_OF_A_KEY, ONE_OF_AN_IDENTITY, Effect

INVOICE = "invoice"
CONTACT = "contact"
CREDIT = "credit note"
TEMPLATE = "repeating invoice"
WRITE_BACK = "write back"
STAGE = "stage"
HISTORY = "history"
CONTACT_DETAILS = "contact details"
CUSTOMER_DETAILS = "customer details"
MAIL = "mail"
REMINDER = "reminder"
LINK = "payment link"
# A milestone's day comes.
WAKE = "milestone day"
# What became of a template is looked at a day later.
LOOK = "template look"
NOTE = "deal note"
IN_XERO = (CONTACT, INVOICE, CREDIT, TEMPLATE, HISTORY, MAIL, REMINDER, WAKE, LINK, LOOK)
PDF = "pdf"
ATTACHMENTS = "attachments"
IN_CRM = (WRITE_BACK, STAGE)
ON_DEALS = (*IN_CRM, NOTE, PDF, ATTACHMENTS)
COMPANY = "crm company"
# In ``Effect.outcome``: a request was refused as a whole, perhaps for this one's sake.
ALONE = "alone"
# … and this one was refused, and its deal decided anew since.
ANEW = "anew"
# So often something is sent with others before it goes alone.
TOGETHER = 2

# Of an invoice that exists.
STANDS = ("chosen", "posted", "held")
# A generation that ends so makes room for the next.
ENDS = ("deleted", "replaced", "reissued")
DONE = ("posted", "withdrawn", "cancelled")
# A worker that died while sending is noticed after this long.
SENDING_FOR = timedelta(minutes=2)


def effect_id(*parts: str) -> str:
    """A short opaque id, the same for the same parts for ever."""
    digest = hashlib.sha256("|".join(("wonbooks", *parts)).encode()).digest()
    return b32encode(digest).decode().lower()[:16]


def invoice_identity(crm: str, account: str, deal_id: str, milestone: str, generation: int = 1) -> str:
    """Which invoice of which deal. The Xero organisation is left out: moving a customer must not mint another."""
    return f"{crm}|{account}|{deal_id}|{milestone}|{generation}"


def intend(
    session: Session, pair: str, kind: str, key: str, subject: str, plan: str, now: datetime, **more: Any
) -> Effect:
    """Write an intention down, due at once, its id made of pair and key; ``more`` may say otherwise."""
    more = {"id": effect_id(pair, key), "next_at": now, "created_at": now} | more
    effect = Effect(pair=pair, kind=kind, key=key, subject=subject, plan=plan, **more)
    session.add(effect)
    session.flush()
    return effect


def intend_once(
    session: Session, pair: str, kind: str, key: str, subject: str, plan: str, now: datetime, **more: Any
) -> None:
    """The same, unless it was intended before, whatever became of it."""
    if find(session, effect_id(pair, key)) is None:
        intend(session, pair, kind, key, subject, plan, now, **more)


def find(session: Session, effect: str) -> Effect | None:
    return session.get(Effect, effect)


def by_identity(session: Session, identities: Sequence[str]) -> dict[str, Effect]:
    """The invoice effects of these identities, whatever pair made them."""
    rows = session.exec(_BY_IDENTITY, params={"identities": list(identities)}).all()
    return {row.identity: row for row in rows}


_BY_IDENTITY = select(Effect).where(
    col(Effect.identity).in_(bindparam("identities", expanding=True)), text(ONE_OF_AN_IDENTITY)
)


def by_key(session: Session, pair: str, key: str) -> Effect | None:
    """The one effect with this key that is neither withdrawn nor cancelled."""
    return session.exec(_BY_KEY, params={"pair": pair, "key": key}).first()


_BY_KEY = select(Effect).where(
    Effect.pair == bindparam("pair"),
    Effect.key == bindparam("key"),
    col(Effect.state).not_in(("withdrawn", "cancelled")),
    text(f"({ONE_OF_A_KEY})"),
)


def of_subject(session: Session, pair: str, subject: str, kind: str) -> Sequence[Effect]:
    """All effects of one kind about one subject, oldest first."""
    return session.exec(_OF_SUBJECT, params={"pair": pair, "subject": subject, "kind": kind}).all()


_OF_SUBJECT = (
    select(Effect)
    .where(Effect.pair == bindparam("pair"), Effect.subject == bindparam("subject"), Effect.kind == bindparam("kind"))
    .order_by(col(Effect.created_at), col(Effect.id))
)


def unsaid(session: Session, pair: str, subject: str) -> list[str]:
    """The plans of what a deal has yet to be told, fields before stages, oldest first."""
    found = session.exec(_UNSAID, params={"pair": pair, "subject": subject}).all()
    return [plan for wanted in IN_CRM for kind, plan in found if kind == wanted]


_UNSAID = (
    select(Effect.kind, Effect.plan)
    .where(
        Effect.pair == bindparam("pair"),
        Effect.subject == bindparam("subject"),
        col(Effect.kind).in_(IN_CRM),
        col(Effect.state).in_(("planned", "sending", "unknown")),
    )
    .order_by(col(Effect.created_at), col(Effect.id))
)


def needing(session: Session, pair: str, effect: str) -> Sequence[Effect]:
    """Invoices and templates that wait for a contact to be made."""
    waits = (Effect.pair == pair, col(Effect.kind).in_((INVOICE, TEMPLATE)), Effect.needs == effect)
    return session.exec(select(Effect).where(*waits)).all()


def due(session: Session, pair: str, kinds: Sequence[str], now: datetime, most: int = 50) -> Sequence[Effect]:
    """Effects to carry out or to look after now, oldest first; those another worker is sending are left to it."""
    return session.exec(_DUE, params={**_as_of(pair, now), "kinds": kinds, "most": most}).all()


def kinds_due(session: Session, pair: str, kinds: Sequence[str], now: datetime) -> set[str]:
    """Those of these kinds of which any effect is due or to be swept."""
    return set(session.connection().execute(_KINDS_DUE, {**_as_of(pair, now), "kinds": kinds}).scalars())


def _as_of(pair: str, now: datetime) -> dict[str, Any]:
    return {"pair": pair, "now": now, "silent_since": now - SENDING_FOR}


# Asked many times in each run, so built once.
_OF_KINDS = (Effect.pair == bindparam("pair"), col(Effect.kind).in_(bindparam("kinds", expanding=True)))
_IS_SETTLED = or_(col(Effect.xero_id).is_not(None), col(Effect.state) == "cancelled")
_IS_LATE = (*_OF_KINDS, col(Effect.sweep_until).is_not(None), _IS_SETTLED)
_IS_DUE = (
    *_OF_KINDS,
    col(Effect.next_at) <= bindparam("now"),
    col(Effect.state).in_(("planned", "unknown", "chosen", "sending")),
    or_(col(Effect.state) != "sending", col(Effect.sent_at) <= bindparam("silent_since")),
)
_DUE = (
    select(Effect)
    .where(*_IS_DUE)
    .order_by(col(Effect.attempts), col(Effect.created_at), col(Effect.subject), col(Effect.id))
    .limit(bindparam("most"))
)
_KINDS_DUE = union(select(Effect.kind).where(*_IS_DUE), select(Effect.kind).where(*_IS_LATE))


def next_of_each(session: Session, pair: str, kind: str, subjects: Sequence[str]) -> dict[str, str]:
    """Subject → the id of its oldest effect of this kind that is not done: a later one has to wait for it."""
    asked = {"pair": pair, "kind": kind, "subjects": subjects}
    rows = session.connection().execute(_UNDONE, asked).all() if subjects else []
    # Those of one instant tell by the running number at the end of their keys.
    newest_first = sorted(rows, key=lambda e: (e.created_at, len(e.key), e.key), reverse=True)
    return {effect.subject: effect.id for effect in newest_first}


_UNDONE = select(Effect.id, Effect.subject, Effect.key, Effect.created_at).where(
    Effect.pair == bindparam("pair"),
    Effect.kind == bindparam("kind"),
    col(Effect.subject).in_(bindparam("subjects", expanding=True)),
    col(Effect.state).not_in(DONE),
)


def to_sweep(session: Session, pair: str, kind: str) -> Sequence[Effect]:
    """Invoices, or credit notes, some answer of which was lost, until no late draft can turn up any more."""
    return session.exec(_TO_SWEEP, params={"pair": pair, "kinds": [kind]}).all()


_TO_SWEEP = select(Effect).where(*_IS_LATE)


def move(session: Session, effect: Effect, expected: str | Sequence[str], state: str, **values: Any) -> bool:
    """Move a row from an expected state (of this edition and epoch); False if somebody else moved it first."""
    states = [expected] if isinstance(expected, str) else list(expected)
    still = {"states": states, "this_epoch": effect.epoch}
    return _change(session, effect, _UNMOVED, still, {"state": state, **values})


def choose(session: Session, effect: Effect, xero_id: str, now: datetime, **values: Any) -> bool:
    """The one moment at which a record becomes *the* record of an effect; False if one was chosen before."""
    fresh = {"xero_id": xero_id, "state": "chosen", "attempts": 0, "next_at": now, **values}
    return _change(session, effect, _UNCHOSEN, {}, fresh)


def watch(session: Session, effect: Effect, until: datetime | None) -> None:
    """Look out for drafts that arrive late, whatever became of the effect meanwhile; None for no longer."""
    session.exec(update(Effect).where(col(Effect.id) == effect.id).values(sweep_until=until))


def freeze(session: Session, effect: Effect, body: bytes) -> bool:
    """Write what will be sent, once for this edition."""
    return _change(session, effect, _UNWRITTEN, {}, {"body": body})


def replan(session: Session, effect: Effect, plan: str, now: datetime, **values: Any) -> bool:
    """Give an invoice that never came to be a new plan: a new edition, with a body of its own."""
    fresh = {"plan": plan, "body": None, "state": "planned", "edition": effect.edition + 1, "attempts": 0}
    still = {"states": ["planned", "held", "cancelled"]}
    return _change(session, effect, _UNSENT, still, {**fresh, "next_at": now, **values})


def revise(session: Session, effect: Effect, plan: str, now: datetime, **values: Any) -> bool:
    """Give an invoice that exists another plan, to be carried out by its id: a new edition."""
    fresh = {"plan": plan, "state": "chosen", "edition": effect.edition + 1, "attempts": 0, "next_at": now}
    return _change(session, effect, _MADE, {"states": list(STANDS)}, {**fresh, **values})


def take(session: Session, effect: Effect, goal: str, now: datetime, **values: Any) -> bool:
    """Take an invoice that exists to another goal. Whoever is at work on it finds the row moved."""
    fresh = {"state": "chosen", "goal": goal, "epoch": effect.epoch + 1, "attempts": 0, "next_at": now}
    return _change(session, effect, _MADE, {"states": list(STANDS)}, {**fresh, **values})


_ROW = SQLModel.metadata.tables["effect"].columns
_THIS = (_ROW.id == bindparam("this"), _ROW.edition == bindparam("this_edition"))
_STANDS = _ROW.state.in_(bindparam("states", expanding=True))
_UNMOVED = (*_THIS, _STANDS, _ROW.epoch == bindparam("this_epoch"))
_UNCHOSEN = (*_THIS, _ROW.xero_id.is_(None))
_UNWRITTEN = (*_THIS, _ROW.body.is_(None))
_UNSENT = (*_THIS, _ROW.xero_id.is_(None), _STANDS)
_MADE = (*_THIS, _ROW.xero_id.is_not(None), _STANDS)
_Condition = tuple[ColumnElement[bool], ...]


def _change(
    session: Session, effect: Effect, unless: _Condition, still: Mapping[str, Any], values: Mapping[str, Any]
) -> bool:
    """Change the row where the condition holds, and bring ``effect`` up to date; False if it did not hold."""
    session.flush()
    named = {f"new_{name}": value for name, value in values.items()}
    told = {"this": effect.id, "this_edition": effect.edition, **still, **named}
    row = session.connection().execute(_changing(unless, tuple(values)), told).first()
    if row is None:
        return False
    ours = session.identity_map.get(identity_key(Effect, effect.id))
    for each in (effect,) if ours is None or ours is effect else (effect, ours):
        for name, value in row._mapping.items():
            if getattr(each, name) != value:
                set_committed_value(each, name, value)
    return True


@cache
def _changing(unless: _Condition, names: tuple[str, ...]) -> ReturningUpdate[Any]:
    """Built once for each kind of change: building a statement takes longer than running it."""
    values = {name: bindparam(f"new_{name}", type_=_ROW[name].type) for name in names}
    return _ROW.id.table.update().where(*unless).values(values).returning(*_ROW)


def facts(text: str) -> dict[str, Any]:
    """The JSON of a row's ``plan``, ``why`` or ``outcome``."""
    return json.loads(text)


def text_of(values: Mapping[str, Any]) -> str:
    """The same values, the same text."""
    return json.dumps(dict(values), sort_keys=True, ensure_ascii=False, default=str)
