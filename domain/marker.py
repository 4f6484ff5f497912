"""The marker: how an invoice in Xero says which effect of which installation it is.

It is the deal's own address with a few letters behind it, kept in the invoice's Url: customers don't see it, and it
survives when people edit the reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BETWEEN = re.compile(r"[/?&=#]")
_MARK = re.compile(r"[?& ]x=([a-z2-7]{16})\.(\d+)\.([a-z0-9]{6})$")


@dataclass(frozen=True, slots=True)
class Marker:
    """``edition`` counts the plans made for one effect; ``installation`` is the ledger that made it."""

    effect_id: str
    edition: int
    installation: str

    def on(self, deal_url: str) -> str:
        """The whole marker, for the deal at this address."""
        joint = "&" if "?" in deal_url else "?"
        return f"{deal_url}{joint}{self._mark}"

    def behind(self, words: str) -> str:
        """The marker where there is no address: a credit note has a reference only."""
        return f"{words} {self._mark}"

    @property
    def _mark(self) -> str:
        return f"x={self.effect_id}.{self.edition}.{self.installation}"


def read_marker(url: str) -> Marker | None:
    """What an invoice's Url says of its origin, None if it is not one of ours."""
    found = _MARK.search(url)
    return Marker(found[1], int(found[2]), found[3]) if found else None


def addressed(url: str) -> tuple[str, ...]:
    """The pieces of an address: the id of the record it leads to is one of them, whichever the CRM."""
    return tuple(_BETWEEN.split(url))
