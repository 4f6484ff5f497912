"""What went wrong outside, named by what to do next.

    ConnectorError
      TryLater            the same request will work some other time
        Throttled         … after the pause they asked for
          NoRoom          … our own count says so: nothing was sent
        Unavailable       … when they are back; nothing was done
      OutcomeUnknown      it may have happened: look before repeating
      Rejected            understood and refused: a person must look, with their words
      Gone                the record is no longer there
      NotConnected        our authorisation ended: a person must connect again

Every error names the system and the call as a template (``PUT /Invoices``): never a body, a query or a header,
so that it may be logged.
"""

from __future__ import annotations


class ConnectorError(Exception):
    """The base: ``system`` is "xero", "hubspot", …; ``call`` a method and a path template."""

    def __init__(self, system: str, call: str, detail: str = "") -> None:
        self.system = system
        self.call = call
        self.detail = detail
        super().__init__(f"{system}: {call}: {detail}" if detail else f"{system}: {call}")


class TryLater(ConnectorError):
    """The same request will work some other time; nothing was done."""


class Throttled(TryLater):
    """A limit was reached. ``pause`` is in seconds; ``daily`` when the day's calls are used up."""

    def __init__(self, system: str, call: str, *, pause: float, daily: bool = False) -> None:
        self.pause = pause
        self.daily = daily
        super().__init__(system, call, "the day's calls are used up" if daily else "too many calls")


class NoRoom(Throttled):
    """Our own count of their limits is full: nothing left this machine."""


class Unavailable(TryLater):
    """They could not be reached, or said that they are down, before anything was done."""


class OutcomeUnknown(ConnectorError):
    """A write was sent and its answer is missing or makes no sense: it may have happened."""


class Rejected(ConnectorError):
    """Understood and refused. ``words`` are the vendor's own, for the person who has to look."""

    def __init__(self, system: str, call: str, *, words: tuple[str, ...], status: int = 400) -> None:
        self.words = words
        self.status = status
        super().__init__(system, call, f"refused ({status})")


class Gone(ConnectorError):
    """The record is no longer there."""


class NotConnected(ConnectorError):
    """Our authorisation ended or lacks a permission; ``detail`` says what to do."""
