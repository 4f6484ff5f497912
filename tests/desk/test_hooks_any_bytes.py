"""Held: twenty thousand bodies of any kind are never a 5xx, never noticed by mistake, and leave nothing behind."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import random
import resource
import sys
from collections import Counter
from pathlib import Path

from tests.desk.test_hooks_others import ORGANISATION, message
from tests.support.hooks import IDS, PORTAL, Door, deal_event, invoice_event, xero_body, xero_signature

TIMES = 20_000
SYSTEMS = ("xero", "hubspot", "pipedrive", "salesforce")
ODD = [
    b"\x00",
    b"\xff",
    b"{",
    b"[",
    b'"',
    b"\\u",
    b"\\ud800",
    b"NaN",
    b"1e999999",
    b"9" * 400,
    b"null",
    b"&x;",
    b"<!DOCTYPE",
]


def mangled(body: bytes, rng: random.Random) -> bytes:
    """The body with some of it cut, doubled, swapped or replaced by something odd."""
    for _ in range(rng.randrange(4)):
        a, b = sorted(rng.randrange(len(body) + 1) for _ in range(2))
        match rng.randrange(5):
            case 0:
                body = body[:a] + body[b:]
            case 1:
                body = body[:b] + body[a:]
            case 2:
                body = body[:a] + rng.choice(ODD) + body[a:]
            case 3:
                body = body[:a] + bytes(rng.randrange(256) for _ in range(rng.randrange(8))) + body[a:]
            case _:
                body = rng.choice(ODD) * rng.randrange(1, 60) + body[b:]
    return body[:8_000]


def bodies() -> dict[str, bytes]:
    pipedrive = {"meta": {"host": "acme.pipedrive.com", "entity": "deal", "entity_id": "1"}, "data": {"deal_id": 3}}
    return {
        "xero": xero_body(invoice_event("243216c5-369e-4056-ac67-05388f86dc81"), {"eventCategory": "CREDITNOTE"}),
        "hubspot": json.dumps([{"portalId": PORTAL, **deal_event(1)}, {"subscriptionType": "deal.merge"}]).encode(),
        "pipedrive": json.dumps(pipedrive).encode(),
        "salesforce": message(("Opportunity", "0065g00000AbCdEAAV")),
    }


def proof(at: Door, system: str, body: bytes, rng: random.Random) -> dict[str, str]:
    """Headers that prove the sender for most bodies, and nothing much for the rest."""
    if rng.random() < 0.2:
        odd = rng.choice(["", "\udcff", "Basic ", "=" * 44, "x" * 3000])
        return {rng.choice(["x-xero-signature", "x-hubspot-signature-v3", "authorization", "content-encoding"]): odd}
    match system:
        case "xero":
            return {"x-xero-signature": xero_signature(body)}
        case "hubspot":
            return at.hubspot_headers(body)
        case "pipedrive":
            return {"authorization": f"Basic {base64.b64encode(b'u:p').decode()}"}
        case _:
            return {}


def house(folder: Path) -> Door:
    """One pair for each CRM, and Xero for the first."""
    mappings = folder / "mappings"
    mappings.mkdir()
    demo = (Path(__file__).parents[2] / "mappings" / "demo.yaml").read_text()
    accounts = {"pipedrive": "acme", "salesforce": ORGANISATION}
    for pair, account in accounts.items():
        told = demo.replace("system: hubspot", f"system: {pair}").replace('"24680135"', f'"{account}"')
        (mappings / f"{pair}.yaml").write_text(told.replace("pair: demo", f"pair: {pair}"))
    (mappings / "demo.yaml").write_text(demo)
    ends = {IDS[system]: (system if system in accounts else "demo", system) for system in SYSTEMS}
    keys = {
        "demo-xero": {"webhook_key": "xero-key"},
        "demo-hubspot": {"client_secret": "hubspot-secret", "webhook_user": "u", "webhook_password": "p"},
    }
    return Door(folder, mappings=mappings, keys=keys, ends=ends)


def things() -> int:
    """How many objects there are."""
    gc.collect()
    return len(gc.get_objects())


def resident() -> int:
    """The most memory this process ever had, in megabytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (2**20 if sys.platform == "darwin" else 2**10)


async def throw(at: Door, times: int, rng: random.Random) -> Counter[int]:
    """So many bodies at the receiver, a second for every hundred; the answers counted."""
    answers: Counter[int] = Counter()
    whole = bodies()
    for _ in range(0, times, 100):
        at.seconds += 1
        calls = [call(at, whole, rng) for _ in range(100)]
        answers.update(await asyncio.gather(*calls))
    return answers


async def call(at: Door, whole: dict[str, bytes], rng: random.Random) -> int:
    system = rng.choice(SYSTEMS)
    body = mangled(whole[system], rng)
    return (await at.acall(f"/hooks/{system}/{IDS[system]}", body, proof(at, system, body, rng))).status


def test_no_body_is_a_5xx_and_memory_stays_flat(tmp_path: Path) -> None:
    at, rng = house(tmp_path), random.Random(20261125)
    with at.receiver:
        asyncio.run(throw(at, 2_000, rng))
        before, held = things(), resident()
        answers = asyncio.run(throw(at, TIMES - 2_000, rng))
        left_behind, grown = things() - before, resident() - held
    assert set(answers) <= {200, 400, 401, 415}, answers
    assert min(answers[status] for status in (200, 400, 401)) > 1_000, answers
    assert left_behind < 5_000
    assert grown < 48
