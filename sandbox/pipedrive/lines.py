"""What is on a deal: its products, the discounts on the whole of it, its instalments.

https://developers.pipedrive.com/docs/api/v1/DealProducts
https://developers.pipedrive.com/docs/api/v1/DealInstallments
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.pipedrive import schema
from sandbox.pipedrive.account import ROBOT, Account, Row
from sandbox.pipedrive.answers import Refusal, done, invalid, not_allowed, not_found
from sandbox.pipedrive.asked import Ask, whole
from sandbox.pipedrive.reading import page
from sandbox.wire import Response

MOST_DEALS = 100
MOST_RECURRING = 20
MOST_AT_ONCE = 100

_NUMBERS = ("item_price", "quantity", "discount", "tax")
_CHOICES = {
    "discount_type": ("percentage", "amount"),
    "tax_method": schema.TAX_METHODS,
    "billing_frequency": schema.FREQUENCIES,
}
_OTHERS = ("product_id", "product_variation_id", "comments", "is_enabled", "billing_frequency_cycles")
_LINE = {*_NUMBERS, *_CHOICES, *_OTHERS, "billing_start_date"}


def of_deals(account: Account, ask: Ask, kind: str) -> Response:
    """Products or instalments of up to a hundred deals in one list."""
    ids = ask.ids("deal_ids", MOST_DEALS)
    if not ids:
        raise invalid("deal_ids", "is required")
    if kind == "installments":
        _plan(account)
    return page(ask, (row for row in account.rows[kind].values() if row["deal_id"] in ids), _plain)


def products(account: Account, ask: Ask, deal_id: str, rest: tuple[str, ...]) -> Response:
    deal = _deal(account, deal_id)
    match rest:
        case ("GET",):
            return page(ask, account.lines(deal["id"]), _plain)
        case ("POST",):
            return done(account.add_line(deal, _accepted(account, deal, ask.body())), 201)
        case ("POST", "bulk"):
            listed = ask.body().get("data")
            if not isinstance(listed, list) or not 0 < len(listed) <= MOST_AT_ONCE:
                raise invalid("data", f"must contain 1 to {MOST_AT_ONCE} products")
            values = [_accepted(account, deal, each) for each in listed]
            return done([dict(account.add_line(deal, each)) for each in values], 201)
        case ("PATCH" | "DELETE" as method, line_id):
            line = account.get("deal_products", whole("id", line_id))
            if line is None or line["deal_id"] != deal["id"]:
                raise not_found("Deal product")
            if method == "PATCH":
                account.set_line(line, _accepted(account, deal, ask.body(), line))
                return done(dict(line))
            account.remove("deal_products", line)
            account.sum_up(deal)
            return done({"id": line["id"]})
        case _:
            raise not_found()


def discounts(account: Account, ask: Ask, deal_id: str, rest: tuple[str, ...]) -> Response:
    """Discounts on the deal as a whole, which no other list tells of."""
    deal = _deal(account, deal_id)
    match rest:
        case ("GET",):
            return done([dict(row) for row in account.all("discounts", deal_id=deal["id"])])
        case ("POST",):
            return done(dict(add_discount(account, deal, ask.body())), 201)
        case ("PATCH" | "DELETE" as method, discount_id):
            row = account.get("discounts", discount_id)
            if row is None or row["deal_id"] != deal["id"]:
                raise not_found("Additional discount")
            if method == "PATCH":
                account.write("discounts", row, _discount({**row, **ask.body()}))
            else:
                account.remove("discounts", row)
            account.sum_up(deal)
            return done(dict(row) if method == "PATCH" else {"id": row["id"]})
        case _:
            raise not_found()


def add_discount(account: Account, deal: Row, body: dict[str, Any]) -> Row:
    if extra := set(body) - {"amount", "type", "description"}:
        raise not_allowed(min(extra))
    who = {"deal_id": deal["id"], "created_by": ROBOT, "updated_by": ROBOT}
    row = account.create("discounts", {**who, **_discount(body)})
    row |= {"created_at": row.pop("add_time"), "updated_at": row.pop("update_time")}
    account.sum_up(deal)
    return row


def instalments(account: Account, ask: Ask, deal_id: str, rest: tuple[str, ...]) -> Response:
    _plan(account)
    deal = _deal(account, deal_id)
    match rest:
        case ("POST",):
            return done(_plain(add_instalment(account, deal, ask.body())))
        case ("PATCH" | "DELETE" as method, row_id):
            row = account.get("installments", whole("id", row_id))
            if row is None or row["deal_id"] != deal["id"]:
                raise not_found("Installment")
            if method == "PATCH":
                account.write("installments", row, ask.body())
                return done(_plain(row))
            account.remove("installments", row)
            return done({"id": row["id"]})
        case _:
            raise not_found()


def add_instalment(account: Account, deal: Row, body: dict[str, Any]) -> Row:
    """Not where a line recurs, and not on a deal that sells nothing."""
    lines = account.lines(deal["id"])
    if not lines or any(line["billing_frequency"] != "one-time" for line in lines):
        raise Refusal(400, "Installments cannot be added to this deal", "ERR_BAD_REQUEST")
    if extra := set(body) - {"amount", "billing_date", "description"}:
        raise not_allowed(min(extra))
    return account.create("installments", {"deal_id": deal["id"], "description": "", **body})


def _accepted(account: Account, deal: Row, body: dict[str, Any], line: Row | None = None) -> dict[str, Any]:
    """A line's values; every line needs a product of the catalogue, there is no free text."""
    for name, value in body.items():
        if name not in _LINE:
            raise not_allowed(name)
        if name in _NUMBERS and (isinstance(value, bool) or not isinstance(value, int | Decimal)):
            raise invalid(name, "must be a number")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise invalid(name, f"must be one of {', '.join(_CHOICES[name])}")
    if line is None:
        for name in ("product_id", "item_price", "quantity"):
            if body.get(name) is None:
                raise invalid(name, "is required")
    product = account.get("products", body["product_id"]) if "product_id" in body else None
    if "product_id" in body and product is None:
        raise invalid("product_id", "Product not found")
    recurring = [each for each in account.lines(deal["id"]) if each["billing_frequency"] != "one-time"]
    if body.get("billing_frequency", "one-time") != "one-time" and len(recurring) >= MOST_RECURRING:
        raise Refusal(400, f"A deal can have {MOST_RECURRING} recurring products at most", "ERR_BAD_REQUEST")
    copied = {} if product is None else {"name": product["name"]}
    rate = {} if product is None or line is not None else {"tax": product["tax"]}
    return {**copied, **rate, **body}


def _discount(body: dict[str, Any]) -> dict[str, Any]:
    amount = body.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal) or amount <= 0:
        raise invalid("amount", "must be a positive number")
    if body.get("type") not in {"percentage", "amount"}:
        raise invalid("type", "must be one of percentage, amount")
    return {"amount": amount, "type": body["type"], "description": str(body.get("description", ""))}


def _plan(account: Account) -> None:
    if not account.switches.plan_has_instalments:
        raise Refusal(403, "Installments are not available in your plan", "ERR_FEATURE_NOT_AVAILABLE")


def _deal(account: Account, deal_id: str) -> Row:
    deal = account.get("deals", whole("id", deal_id))
    if deal is None:
        raise not_found("Deal")
    return deal


def _plain(row: Row) -> Row:
    """Instalments have no dates of their own in an answer."""
    return {n: v for n, v in row.items() if n not in _DATES} if "billing_date" in row else dict(row)


_DATES = ("add_time", "update_time")
