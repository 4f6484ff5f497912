"""A fresh proof of who it is, for what can't be undone: asked where nobody proved it for a quarter of an hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Form, Request

from desk.door import Visitor
from desk.office import office_of
from desk.paper import soon
from desk.sign_in_pages import throttled_by, tried
from ledger import people

FRESH = timedelta(minutes=15)
Fields = Sequence[tuple[str, str]]


class ProveIt(Exception):
    """Not done yet: ``fields`` are the form as it came, ``back`` the page it came from; ``wrong`` says why again."""

    def __init__(self, visitor: Visitor, fields: Fields, back: str, wrong: str = "", status: int = 403) -> None:
        self.visitor = visitor
        self.fields = fields
        self.back = back
        self.wrong = wrong
        self.status = status
        super().__init__("prove it")


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody typed to prove it, if anything."""

    password: str = ""
    code: str = ""


def typed(
    password: Annotated[str, Form(max_length=1000)] = "", code: Annotated[str, Form(max_length=20)] = ""
) -> Proof:
    return Proof(password, code)


Proven = Annotated[Proof, Depends(typed)]


def make_sure(request: Request, visitor: Visitor, proof: Proof, fields: Fields, back: str) -> None:
    """Go on only if the sign-in is fresh or was proven just now. Raises ``ProveIt``."""
    office = office_of(request)
    proved = visitor.how != people.PROVIDER and office.now() - visitor.at <= FRESH
    if office.open_to_all or proved:
        return
    if not proof.password or visitor.how not in people.ACCOUNTS:
        raise ProveIt(visitor, fields, back)
    keys = throttled_by(request, visitor.name)
    with office.ledger.read() as session:
        until = people.paused_until(session, keys, office.now())
    if until is not None:
        raise ProveIt(visitor, fields, back, f"Too many attempts. Try again in {soon(until, office.now())}.", 429)
    if not tried(office, keys, visitor.name, proof.password, proof.code):
        raise ProveIt(visitor, fields, back, "Password or code is wrong.")
