"""Of two thousand believable customers none is matched with somebody else; those that aren't sure are asked about."""

from __future__ import annotations

from collections import Counter

import pytest

from domain.decision import Hold
from domain.likeness import IndexedContact, indexed, keys_of
from domain.matching import CreateContact, Matched, match_customer
from domain.records import Customer
from domain.rules import ContactRules
from tests.support.town import Town, town

RULES = ContactRules()


class Index:
    """The contacts by their keys, as the ledger finds them."""

    def __init__(self, made: Town) -> None:
        self.by_key: dict[tuple[str, str], list[IndexedContact]] = {}
        for contact in map(indexed, made.contacts):
            told = {"abn": contact.abn, "acn": contact.acn, "email": contact.email_key, "name": contact.name_key}
            for kind, key in told.items():
                if key:
                    self.by_key.setdefault((kind, key), []).append(contact)

    def candidates(self, customer: Customer) -> list[IndexedContact]:
        keys = keys_of(customer)
        told = {"abn": keys.abns, "acn": keys.acns, "email": keys.emails, "name": keys.names}
        found = (c for kind, own in told.items() for key in own for c in self.by_key.get((kind, key), ()))
        return list({contact.xero_id: contact for contact in found}.values())


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_is_taken_for_somebody_else(seed: int) -> None:
    made = town(seed)
    index = Index(made)
    came: Counter[str] = Counter()
    wrong: list[tuple[str, str]] = []
    for customer in made.customers:
        found = match_customer(customer, index.candidates(customer), RULES, {})
        is_known = customer.ref in made.who
        match found:
            case Matched(xero_id=xero_id):
                came["matched"] += 1
                if made.who.get(customer.ref) != xero_id:
                    wrong.append((str(customer.ref), xero_id))
            case CreateContact():
                came["made though there" if is_known else "made"] += 1
            case Hold():
                came["asked"] += 1
    assert len(made.customers) >= 2000
    assert wrong == []
    # README tells it.
    recall = came["matched"] / len(made.who)
    assert round(recall, 2) == 0.98, f"{recall:.3f} {dict(came)}"
    assert came["made though there"] == 0
    assert came["made"] > 100
