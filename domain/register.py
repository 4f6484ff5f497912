"""What the business register says of an ABN, as far as an invoice is concerned: never a name, never an address."""

from __future__ import annotations

from dataclasses import dataclass

from domain.records import Day


@dataclass(frozen=True, slots=True)
class Standing:
    """``status`` is the register's word, "" for an ABN that it doesn't know, ``since`` the day it has been so;
    ``gst_from`` the day from which there is GST, "" for none. Days are ISO; ``looked_on`` is when it was looked up.
    """

    abn: str
    status: str
    since: str
    gst_from: str
    looked_on: Day

    @property
    def words(self) -> str:
        """For people, in one sentence."""
        if not self.status:
            return "The register does not know it."
        if self.status != "Active":
            return f"{self.status.capitalize()}{f' since {self.since}' if self.since else ''}."
        return f"Active, with GST since {self.gst_from}." if self.gst_from else "Active, not registered for GST."

    @property
    def is_sound(self) -> bool:
        """Whether it stands and has GST."""
        return self.status == "Active" and bool(self.gst_from)
