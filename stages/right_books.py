"""The books are those that the mapping names, or nothing is done: no invoice may land in another organisation's."""

from __future__ import annotations

from ledger import reviews
from stages.asking import OTHER, OtherOrganisation
from stages.pair import Pair


def compare_organisation(pair: Pair) -> None:
    """Raises ``OtherOrganisation``; where it is the right one, an open question about it is closed."""
    named, found = pair.rules.xero.organisation, pair.organisation
    if named != found:
        raise OtherOrganisation(named, found)
    with pair.ledger.read() as session:
        asked = reviews.any_open(session, pair.name, OTHER)
    if asked:
        with pair.ledger.write() as session:
            reviews.close_others(session, pair.name, "pair", pair.name, [], OTHER)
