"""Accounts and sessions: one's own, and for admins everybody's."""

from __future__ import annotations

import re
import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from desk import passwords
from desk.door import Admin, AdminLooking, Refusal, Viewer, ViewerActing, Visitor
from desk.office import Office, office_of
from desk.paper import onward, page
from desk.settings import ROLES
from desk.sign_in_pages import TOTP
from ledger import people
from ledger.desk_tables import Person
from ledger.secrets import KeyProblem

router = APIRouter()
PEOPLE, ME = "/people", "/me"
NAME = re.compile(r"[a-zA-Z0-9][\w.@+-]{0,99}", re.ASCII)
Name = Annotated[str, Form(max_length=100)]


@router.get(PEOPLE)
def everybody(request: Request, visitor: AdminLooking, done: str = "") -> Response:
    """Accounts, and the browsers that are signed in."""
    return _everybody(request, visitor, done={"changed": "Done.", "out": "Signed out."}.get(done, ""))


@router.post(f"{PEOPLE}/add")
def add(request: Request, visitor: Admin, name: Name, role: Annotated[str, Form(max_length=20)]) -> Response:
    """A new account; its first password is shown once, to be handed over."""
    office = _with_accounts(request)
    if not NAME.fullmatch(name) or role not in ROLES:
        raise _refused("A name is made of letters, digits and . _ @ + -, such as an e-mail address.")
    password = secrets.token_urlsafe(12)
    with office.ledger.write() as session:
        if people.person(session, name) is not None:
            raise _refused(f'There is an account "{name}" already.')
        session.add(Person(name=name, role=role, secret=passwords.hashed(password), created_at=office.now()))
    return _everybody(request, visitor, fresh=(name, password))


@router.post(f"{PEOPLE}/change")
def change(
    request: Request,
    visitor: Admin,
    name: Name,
    role: Annotated[str, Form(max_length=20)] = "",
    disabled: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """Another role, or no way in any more: both end the sessions of that account."""
    office = _with_accounts(request)
    if name == visitor.name:
        raise _refused("You can't change your own role or lock yourself out; another admin can.")
    with office.ledger.write() as session:
        account = people.person(session, name)
        if account is None or (role and role not in ROLES):
            raise _refused(f'There is no account "{name}", or no such role.')
        account.role = role or account.role
        if disabled:
            account.disabled = disabled == "yes"
        session.add(account)
        people.let_out_everywhere(session, name)
    return onward(request, PEOPLE, done="changed")


@router.post(f"{PEOPLE}/signout")
def sign_somebody_out(request: Request, visitor: Admin, key: Annotated[str, Form(max_length=64)]) -> Response:  # noqa: ARG001
    """End one browser's session."""
    with office_of(request).ledger.write() as session:
        people.let_out(session, key)
    return onward(request, PEOPLE, done="out")


@router.get(ME)
def me(request: Request, visitor: Viewer, done: str = "") -> Response:
    """One's own account."""
    words = {
        "password": "The password was changed.",
        "code": "Codes are asked for from now on.",
        "off": "Codes are off.",
    }
    return _me(request, visitor, done=words.get(done, ""))


@router.post(f"{ME}/password")
def new_password(
    request: Request,
    visitor: ViewerActing,
    old: Annotated[str, Form(max_length=1000)],
    new: Annotated[str, Form(max_length=1000)],
) -> Response:
    """Change it; all other sessions end."""
    office = _with_accounts(request)
    with office.ledger.read() as session:
        account = people.person(session, visitor.name)
    if account is None or not passwords.fits(account.secret, old):
        return _me(request, visitor, status=422, wrong="The old password is not right.")
    if weak := passwords.weakness(new, visitor.name):
        return _me(request, visitor, status=422, wrong=weak)
    secret = passwords.hashed(new)
    with office.ledger.write() as session:
        row = people.person(session, visitor.name)
        if row is not None:
            row.secret = secret
            session.add(row)
        for browser in people.browsers(session, office.now()):
            if browser.name == visitor.name and browser.key != visitor.session:
                people.let_out(session, browser.key)
    return onward(request, ME, done="password")


@router.post(f"{ME}/code")
def codes_on(
    request: Request,
    visitor: ViewerActing,
    secret: Annotated[str, Form(pattern="^[A-Z2-7]{32}$")],
    code: Annotated[str, Form(max_length=20)],
) -> Response:
    """Ask for a one-time code from now on, once the app has shown that it makes the right ones."""
    office = _with_accounts(request)
    step = passwords.code_step(secret, code, office.now(), 0)
    if step is None:
        return _me(request, visitor, status=422, wrong="That code is not right. Try the next one.", secret=secret)
    with office.ledger.write() as session:
        row = people.person(session, visitor.name)
        if row is not None:
            row.totp, row.totp_used = office.seal.close(secret, f"{TOTP}:{visitor.name}"), step
            session.add(row)
        people.let_out_everywhere(session, visitor.name)
    return onward(request, "/signin")


@router.post(f"{ME}/code/off")
def codes_off(request: Request, visitor: ViewerActing, code: Annotated[str, Form(max_length=20)]) -> Response:
    """No longer ask for codes; it takes one to say so."""
    office = _with_accounts(request)
    if office.own.require_totp:
        return _me(request, visitor, status=422, wrong="Everybody here needs a code.")
    with office.ledger.write() as session:
        row = people.person(session, visitor.name)
        right = row is not None and row.totp is not None and not _wrong_code(office, row, code)
        if row is not None and right:
            row.totp = None
            session.add(row)
    return (
        onward(request, ME, done="off") if right else _me(request, visitor, status=422, wrong="That code is not right.")
    )


def _wrong_code(office: Office, account: Person, code: str) -> bool:
    try:
        secret = office.seal.open(account.totp or b"", f"{TOTP}:{account.name}")
    except KeyProblem:
        return True
    return passwords.code_step(secret, code, office.now(), account.totp_used) is None


def _everybody(request: Request, visitor: Visitor, *, fresh: tuple[str, str] | None = None, done: str = "") -> Response:
    office = office_of(request)
    with office.ledger.read() as session:
        accounts, browsers = people.everybody(session), people.browsers(session, office.now())
    return page(request, "people", visitor, accounts=accounts, browsers=browsers, roles=ROLES, fresh=fresh, done=done)


def _me(
    request: Request, visitor: Visitor, *, status: int = 200, wrong: str = "", done: str = "", secret: str = ""
) -> Response:
    office = office_of(request)
    with office.ledger.read() as session:
        account = people.person(session, visitor.name) if visitor.how in people.ACCOUNTS else None
    fresh = secret or passwords.new_code_secret()
    return page(
        request,
        "me",
        visitor,
        status=status,
        account=account,
        secret=fresh,
        code_address=passwords.code_address(fresh, visitor.name),
        wrong=wrong,
        done=done,
    )


def _with_accounts(request: Request) -> Office:
    office = office_of(request)
    if not office.own.accounts:
        raise Refusal(404, "There are no accounts here", "Accounts are kept by your identity provider, or not at all.")
    return office


def _refused(words: str) -> Refusal:
    return Refusal(422, "That was not changed", words, onward=PEOPLE, onward_words="Back")
