"""Notes on deals, persons and organisations: version 1 only.

https://developers.pipedrive.com/docs/api/v1/Notes
"""

from __future__ import annotations

from typing import Any

from sandbox.pipedrive.account import ROBOT, Account, Row
from sandbox.pipedrive.answers import Refusal, done
from sandbox.pipedrive.asked import Ask, whole
from sandbox.wire import Response

LARGEST = 100_000
MOST_ON_ONE_DEAL = 500
_HANGS_ON = {"deal_id": "deals", "person_id": "persons", "org_id": "organizations"}
_FLAGS = ("pinned_to_deal_flag", "pinned_to_person_flag", "pinned_to_organization_flag")


def notes(account: Account, ask: Ask, rest: tuple[str, ...]) -> Response:
    match (ask.method, *rest):
        case ("GET",):
            return _list(account, ask)
        case ("POST",):
            return done(_show(account, _create(account, ask.body())))
        case (method, note_id) if note := account.get("notes", whole("id", note_id)):
            return _one(account, ask, method, note)
        case _:
            raise Refusal(404, "Note not found.")


def _one(account: Account, ask: Ask, method: str, note: Row) -> Response:
    match method:
        case "GET":
            return done(_show(account, note))
        case "PUT":
            account.write("notes", note, _accepted(account, ask.body()))
            return done(_show(account, note))
        case "DELETE":
            account.remove("notes", note)
            return done({"id": note["id"]})
        case _:
            raise Refusal(405, "Method not allowed")


def _list(account: Account, ask: Ask) -> Response:
    """Pages by number, as version 1 has them."""
    wanted = {name: whole(name, ask.given(name)) for name in _HANGS_ON if ask.given(name)}
    found = list(account.all("notes", **wanted))
    start, limit = whole("start", ask.given("start") or "0"), ask.limit()
    more = len(found) > start + limit
    pagination: dict[str, Any] = {"start": start, "limit": limit, "more_items_in_collection": more}
    shown = [_show(account, note) for note in found[start : start + limit]]
    return done(shown, pagination=pagination | ({"next_start": start + limit} if more else {}))


def _create(account: Account, body: dict[str, Any]) -> Row:
    values = _accepted(account, body)
    if not any(values.get(name) for name in _HANGS_ON):
        raise Refusal(400, "Note must be related to a deal, person or organization")
    deal_id = values.get("deal_id")
    if deal_id and sum(1 for _ in account.all("notes", deal_id=deal_id)) >= MOST_ON_ONE_DEAL:
        raise Refusal(403, "The deal has too many notes")
    born = {**dict.fromkeys(_HANGS_ON), **dict.fromkeys(_FLAGS, False), "user_id": ROBOT, "active_flag": True}
    return account.create("notes", {**born, **values})


def _accepted(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    values = {name: body[name] for name in ("content", *_HANGS_ON) if name in body}
    values |= {name: bool(body[name]) for name in _FLAGS if name in body}
    content = values.get("content", " ")
    if not isinstance(content, str) or not content or len(content) > LARGEST:
        raise Refusal(400, "Invalid content")
    for name, kind in _HANGS_ON.items():
        if values.get(name) and account.get(kind, values[name]) is None:
            raise Refusal(400, f"{name} is invalid")
    return values


def _show(account: Account, note: Row) -> Row:
    deal = account.rows["deals"].get(note["deal_id"])
    return {
        **note,
        # Version 1 has times without a zone.
        **{name: note[name].replace("T", " ").rstrip("Z") for name in ("add_time", "update_time")},
        "lead_id": None,
        "task_id": None,
        "project_id": None,
        "lead": None,
        "last_update_user_id": None,
        "pinned_to_lead_flag": False,
        "pinned_to_project_flag": False,
        "pinned_to_task_flag": False,
        "deal": {"title": deal["title"]} if deal else None,
        "person": None,
        "organization": None,
        "project": None,
        "task": None,
        "user": {"email": "wonbooks@harbourline.example", "name": "Wonbooks", "icon_url": None, "is_you": True},
    }
