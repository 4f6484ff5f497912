"""The page to play on: HubSpot on the left, Xero on the right, and a strip of things that may go wrong.

Plain HTML from one template. A person's click is a form and a redirect; other processes use the JSON doors:

    GET  /state                       how things stand
    POST /people/<system>/<action>    {"args": […], "kwargs": {…}} → {"result": …}
    POST /faults                      {"system", "kind", …} as in ``sandbox.faults``; or {"clear": true}
    POST /reset                       seed the world anew, where whoever serves the page allows it
    GET  /webhooks                    how the webhooks stand, where they are sent
    POST /webhooks                    {"<system>": {"url", "key"}, …}: where they go from now on
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader

from sandbox.faults import Fault
from sandbox.hubspot import Refusal
from sandbox.state import OWN_FIELDS, calls, state
from sandbox.webhooks import Webhooks
from sandbox.wire import Request, Response
from sandbox.world import World
from sandbox.xero import Refused

Form = Mapping[str, str]
Act = Callable[[World, Form], str]


def money(text: str) -> str:
    """An amount as people write it, ``1,234.50``; anything else as it is."""
    try:
        return f"{Decimal(text):,.2f}"
    except InvalidOperation:
        return text


def words(name: str) -> str:
    """A field's name for reading: ``xero_amount_due`` as ``Amount due``."""
    return name.removeprefix(OWN_FIELDS).replace("_", " ").capitalize()


_ENVIRONMENT = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
_ENVIRONMENT.filters |= {"money": money, "words": words}
_WRONG = (Refusal, Refused, LookupError, ValueError, TypeError, ArithmeticError)

# The faults that the strip offers: (system, button, kind, method, path).
FAULTS = (
    ("xero", "Lose the answer to the next invoice", "lose answer", "PUT", "*/Invoices*"),
    ("xero", "429 on the next call", "429", "*", "*"),
    ("xero", "Expire the token", "expire token", "*", "*"),
    ("hubspot", "Lose the answer to the next write-back", "lose answer", "*", "*/batch/update"),
    ("hubspot", "429 on the next call", "429", "*", "*"),
    ("hubspot", "Expire the token", "expire token", "*", "*"),
)


def pages(
    world: World, seed: Callable[[World], Any] | None = None, webhooks: Webhooks | None = None
) -> Callable[[Request], Response]:
    """Everything of the sandbox that is no vendor's. ``seed`` lets ``POST /reset`` start the world again."""

    def answer(request: Request) -> Response:
        parts = tuple(part for part in request.path.split("/") if part)
        match (request.method, *parts):
            case ("GET",):
                return _html(world, request)
            case ("GET", "state"):
                return _json(state(world) | {"calls": calls(world)})
            case ("POST", "do", act) if act in _ACTS:
                return _done(world, _ACTS[act], request.form())
            case ("POST", "people", system, action):
                return _people(world, system, action, request)
            case ("POST", "faults"):
                return _faults(world, request)
            case (method, "webhooks") if webhooks:
                return _webhooks(webhooks, request if method == "POST" else None)
            case ("POST", "reset") if seed:
                world.reset()
                seed(world)
                return _json({"result": "reset"})
            case _:
                return _json({"error": "nothing here"}, 404)

    return answer


def _html(world: World, request: Request) -> Response:
    shown = _ENVIRONMENT.get_template("play.html").render(
        state(world),
        calls=calls(world),
        faults=list(enumerate(FAULTS)),
        armed=_armed(world),
        said=request.query.get("said", ""),
        wrong=request.query.get("wrong", ""),
    )
    return Response(200, shown.encode(), {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"})


def _json(body: Any, status: int = 200) -> Response:
    content = json.dumps(body, ensure_ascii=False, default=str).encode()
    return Response(status, content, {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"})


def _back(**told: str) -> Response:
    return Response(303, headers={"Location": f"/?{urlencode(told)}"})


def _done(world: World, act: Act, form: Form) -> Response:
    """Carry out a click and go back to the page with a sentence about it."""
    try:
        return _back(said=act(world, form))
    except _WRONG as wrong:
        return _back(wrong=str(wrong) or type(wrong).__name__)


def _people(world: World, system: str, action: str, request: Request) -> Response:
    """A person's action by name, for other processes."""
    people = {"xero": world.xero.people, "hubspot": world.hubspot.people}.get(system)
    chosen = getattr(people, action, None) if people and not action.startswith("_") else None
    if not callable(chosen):
        return _json({"error": f"{system} has nobody who can {action}"}, 404)
    try:
        body = json.loads(request.body or b"{}")
        return _json({"result": chosen(*body.get("args", ()), **body.get("kwargs", {}))})
    except _WRONG as wrong:
        return _json({"error": str(wrong) or type(wrong).__name__}, 400)


def _webhooks(webhooks: Webhooks, request: Request | None) -> Response:
    """Enter addresses as in the vendors' own pages, and see how it goes."""
    try:
        for system, told in (request.json() if request else {}).items():
            webhooks.subscribe(system, told["url"], told.get("key", ""))
    except _WRONG as wrong:
        return _json({"error": str(wrong) or type(wrong).__name__}, 400)
    return _json(webhooks.picture())


def _faults(world: World, request: Request) -> Response:
    """Arm a fault, or clear all of them; a form names one of the strip, JSON spells one out."""
    by_form = "json" not in request.headers.get("content-type", "")
    try:
        body: dict[str, Any] = dict(request.form()) if by_form else request.json()
        if "strip" in body:
            system, _, kind, method, path = FAULTS[int(body["strip"])]
            body = {"system": system, "kind": kind, "method": method, "path": path}
        said = _arm(world, body)
    except (*_WRONG, IndexError) as wrong:
        return _back(wrong=str(wrong)) if by_form else _json({"error": str(wrong)}, 400)
    return _back(said=said) if by_form else _json({"result": said})


def _arm(world: World, body: dict[str, Any]) -> str:
    doubles = {"xero": world.xero, "hubspot": world.hubspot}
    if body.get("clear"):
        for double in doubles.values():
            double.faults.clear()
        return "Nothing will go wrong any more."
    system = body.pop("system", "")
    if system not in doubles:
        raise LookupError(f"no system {system!r}")
    meant: dict[str, Any] = {"method": "*", "path": "*", **body}
    doubles[system].faults.add(Fault(**meant))
    return f"Armed: {body.get('kind')}."


def _armed(world: World) -> list[str]:
    doubles = (("Xero", world.xero), ("HubSpot", world.hubspot))
    return [f"{name}: {fault.kind}" for name, double in doubles for fault in double.faults.waiting]


# ── what a person can do on the page ──────────────────────────────────────────────────────────────────────────


def _move(world: World, form: Form) -> str:
    world.hubspot.people.move(form["deal"], form["stage"])
    return f"{_deal_name(world, form)} is now at {_stage_label(world, form)}."


def _edit(world: World, form: Form) -> str:
    world.hubspot.people.edit("deal", form["deal"], dealname=form["name"], amount=form["amount"])
    return f"{form['name']} saved."


def _edit_line(world: World, form: Form) -> str:
    line = {name: form[name] for name in ("name", "quantity", "price")}
    world.hubspot.people.edit_line(form["line"], **line)
    return f"{form['name']} saved."


def _approve(world: World, form: Form) -> str:
    world.xero.people.approve(form["invoice"])
    return f"{_number(world, form)} approved."


def _pay(world: World, form: Form) -> str:
    amount = form.get("amount", "").replace(",", "").replace("$", "").strip() or None
    world.xero.people.pay(form["invoice"], amount)
    return f"{_number(world, form)} paid {'in full' if amount is None else amount}."


def _remove_payment(world: World, form: Form) -> str:
    world.xero.people.remove_payment(form["payment"])
    return "Payment removed."


def _end(world: World, form: Form) -> str:
    """Xero voids what was approved and deletes what never was."""
    if world.xero.invoices[form["invoice"]]["Status"] in {"DRAFT", "SUBMITTED"}:
        world.xero.people.delete_draft(form["invoice"])
        return f"{_number(world, form)} deleted."
    world.xero.people.void(form["invoice"])
    return f"{_number(world, form)} voided."


_ACTS: dict[str, Act] = {
    "move": _move,
    "edit": _edit,
    "edit-line": _edit_line,
    "approve": _approve,
    "pay": _pay,
    "remove-payment": _remove_payment,
    "end": _end,
}


def _deal_name(world: World, form: Form) -> str:
    return world.hubspot.objects["deals"][form["deal"]].properties.get("dealname", "")


def _stage_label(world: World, form: Form) -> str:
    found = world.hubspot.account.stage(world.hubspot.objects["deals"][form["deal"]].properties["dealstage"])
    return found[1].label if found else ""


def _number(world: World, form: Form) -> str:
    return world.xero.invoices[form["invoice"]].get("InvoiceNumber") or "The invoice"
