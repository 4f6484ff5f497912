"""Webhooks: subscriptions in version 1, events of version 2, and how patient Pipedrive is with a door that won't open.

https://pipedrive.readme.io/docs/guide-for-webhooks-v2
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.pipedrive.account import COMPANY_ID, ENTITIES, ROBOT, Account, Row
from sandbox.pipedrive.answers import Refusal, answer, done
from sandbox.pipedrive.asked import Ask, whole
from sandbox.wire import Response

MOST = 40
RETRIES = (timedelta(seconds=3), timedelta(seconds=30), timedelta(seconds=150))
BANNED_AFTER = 10
BANNED_FOR = timedelta(minutes=30)
GIVEN_UP_AFTER = timedelta(days=3)
_BODY = ("subscription_url", "event_action", "event_object", "name", "user_id", "version")

Post = Callable[[str, dict[str, str], dict[str, Any]], int]
"""Takes an address, headers and a body; gives the status that was answered, 0 for none within ten seconds."""


@dataclass(slots=True)
class _Try:
    """One event on its way to one subscription."""

    event: dict[str, Any]
    webhook: int
    due: datetime
    attempt: int = 1


@dataclass(slots=True)
class Mail:
    """What is still to be delivered, and how each subscription fares."""

    told: int = 0
    waiting: list[_Try] = field(default_factory=list[_Try])
    failures: dict[int, int] = field(default_factory=dict[int, int])
    banned_until: dict[int, datetime] = field(default_factory=dict[int, datetime])
    failing_since: dict[int, datetime] = field(default_factory=dict[int, datetime])


def webhooks(account: Account, ask: Ask, rest: tuple[str, ...]) -> Response:
    match (ask.method, *rest):
        case ("GET",):
            return done([_show(row) for row in account.rows["webhooks"].values()])
        case ("POST",):
            return done(_show(_create(account, ask.body())), 201)
        case ("DELETE", webhook_id) if row := account.get("webhooks", whole("id", webhook_id)):
            account.remove("webhooks", row)
            return answer({"success": True})
        case _:
            raise Refusal(404, "Webhook not found.")


def _create(account: Account, body: dict[str, Any]) -> Row:
    """HTTPS only. The same one may be made twice, and then tells everything twice.

    https://github.com/n8n-io/n8n/issues/1018
    """
    for name in ("subscription_url", "event_action", "event_object", "name"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise Refusal(400, f"{name} is required")
    if not body["subscription_url"].startswith("https://"):
        raise Refusal(400, "subscription_url must be a reachable HTTPS address")
    if body["event_action"] not in {"create", "change", "delete", "*"}:
        raise Refusal(400, "event_action is invalid")
    if body["event_object"] not in {*ENTITIES.values(), "*"}:
        raise Refusal(400, "event_object is invalid")
    if len(account.rows["webhooks"]) >= MOST:
        raise Refusal(403, "The limit of webhooks for this user is reached")
    kept = {name: body[name] for name in _BODY if name in body}
    secrets = {name: body.get(name) for name in ("http_auth_user", "http_auth_password")}
    return account.create("webhooks", {"version": "2.0", "user_id": ROBOT, **kept, **secrets, "last_http_status": None})


def deliver(account: Account, mail: Mail, post: Post) -> int:
    """Send what is due by now; the number of deliveries that were answered with success.

    Four attempts an event. After ten first attempts failed in a row nothing is sent for half an hour; after three
    days without a success the subscription is deleted.
    """
    now = account.now()
    _fan_out(account, mail, now)
    due = [each for each in mail.waiting if each.due <= now]
    mail.waiting = [each for each in mail.waiting if each.due > now]
    arrived = 0
    for each in due:
        row = account.get("webhooks", each.webhook)
        if row is None or mail.banned_until.get(each.webhook, now) > now:
            continue
        status = post(row["subscription_url"], _headers(row), _body(each, row))
        row["last_http_status"], row["last_delivery_time"] = status, f"{now:%Y-%m-%d %H:%M:%S}"
        if 200 <= status < 300:
            arrived += 1
            mail.failures.pop(each.webhook, None)
            mail.failing_since.pop(each.webhook, None)
        else:
            _failed(account, mail, each, now)
    return arrived


def _fan_out(account: Account, mail: Mail, now: datetime) -> None:
    """Give every new event to each subscription that asked for it."""
    for event in account.events[mail.told :]:
        for row in account.rows["webhooks"].values():
            asked = row["event_object"] in {"*", event["meta"]["entity"]}
            if asked and row["event_action"] in {"*", event["meta"]["action"]}:
                mail.waiting.append(_Try(event, row["id"], now))
    mail.told = len(account.events)


def _failed(account: Account, mail: Mail, each: _Try, now: datetime) -> None:
    since = mail.failing_since.setdefault(each.webhook, now)
    if now - since >= GIVEN_UP_AFTER:
        account.act("app", ROBOT)
        account.remove("webhooks", account.rows["webhooks"][each.webhook])
        return
    if each.attempt == 1:
        mail.failures[each.webhook] = mail.failures.get(each.webhook, 0) + 1
        if mail.failures[each.webhook] >= BANNED_AFTER:
            mail.banned_until[each.webhook] = now + BANNED_FOR
            mail.failures[each.webhook] = 0
    if each.attempt <= len(RETRIES):
        later = now + RETRIES[each.attempt - 1]
        mail.waiting.append(_Try(each.event, each.webhook, later, each.attempt + 1))


def _headers(row: Row) -> dict[str, str]:
    """No signature: only the name and password that we gave, if we gave any."""
    headers = {"content-type": "application/json"}
    if row["http_auth_user"]:
        headers["authorization"] = basic(f"{row['http_auth_user']}:{row['http_auth_password'] or ''}")
    return headers


def basic(name_and_password: str) -> str:
    """The header's value for ``name:password``."""
    return f"Basic {b64encode(name_and_password.encode()).decode()}"


def _body(each: _Try, row: Row) -> dict[str, Any]:
    meta = {"webhook_id": str(row["id"]), "webhook_owner_id": str(row["user_id"]), "attempt": each.attempt}
    return {**each.event, "meta": {**each.event["meta"], **meta}}


def _show(row: Row) -> Row:
    shown = {name: row.get(name) for name in (*_BODY, "id", "add_time", "last_http_status", "http_auth_user")}
    return shown | {
        "company_id": COMPANY_ID,
        "owner_id": row["user_id"],
        "admin_id": ROBOT,
        "is_active": 1,
        "http_auth_password": row["http_auth_password"],
        "last_delivery_time": row.get("last_delivery_time"),
        "remove_time": None,
        "remove_reason": None,
        "type": "general",
    }
