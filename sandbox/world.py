"""The outside world as a whole: every vendor's double under its own host name, on one clock."""

from __future__ import annotations

from sandbox.abr import AbrDouble
from sandbox.clock import HandClock
from sandbox.hubspot import HubSpotDouble
from sandbox.hubspot import files as hubspot_files
from sandbox.pipedrive import COMPANY, PipedriveDouble
from sandbox.pipedrive import files as pipedrive_files
from sandbox.salesforce import DOMAIN, LOGIN, SalesforceDouble
from sandbox.wire import Clock, Request, Response
from sandbox.xero import XeroDouble

__all__ = ["SELLER", "HandClock", "World"]

SELLER = "Harbourline Studio Pty Ltd"
"""Whose books these are; invented, like everybody here."""


class World:
    """One Xero organisation and an account with each CRM, and the way to each by host name.

    The same clock and seed give the same world; ``copy.deepcopy`` gives one that goes its own way.
    """

    def __init__(self, clock: Clock, seed: int = 0, *, organisation: str = SELLER) -> None:
        self.clock = clock
        self.seed = seed
        self.organisation = organisation
        self.reset()

    def reset(self) -> None:
        """Start again from nothing: fresh doubles, empty logs, no faults."""
        self.xero = XeroDouble(self.clock, seed=self.seed, organisation=self.organisation)
        self.hubspot = HubSpotDouble(self.clock, seed=self.seed)
        self.pipedrive = PipedriveDouble(self.clock, seed=self.seed)
        self.salesforce = SalesforceDouble(self.clock, seed=self.seed)
        self.abr = AbrDouble(self.clock)

    def handle(self, host: str, request: Request) -> Response:
        """Answer as the vendor behind this host would; raises ``LookupError`` for a host that nobody here has."""
        if host in {"api.xero.com", "identity.xero.com", "login.xero.com"}:
            return self.xero.handle(request)
        if host in {"api.hubapi.com", "app.hubspot.com"}:
            return self.hubspot.handle(request)
        if host in (stores := {hubspot_files.STORAGE: self.hubspot, pipedrive_files.STORAGE: self.pipedrive}):
            return stores[host].store(request)
        if host in {f"{COMPANY}.pipedrive.com", "api.pipedrive.com", "oauth.pipedrive.com"}:
            return self.pipedrive.handle(request)
        if host in {DOMAIN, LOGIN}:
            return self.salesforce.handle(request)
        if host == "abr.business.gov.au":
            return self.abr.handle(request)
        raise LookupError(f"nobody lives at {host}")

    @property
    def doors(self) -> dict[str, Door]:
        """A way in for each vendor by short name, which leads to the doubles of today after a reset too.

        What keeps files for two of them has doors of its own.
        """
        hosts = {
            "xero": "api.xero.com",
            "hubspot": "api.hubapi.com",
            "pipedrive": f"{COMPANY}.pipedrive.com",
            "salesforce": DOMAIN,
        }
        files = {"hubspot-files": hubspot_files.STORAGE, "pipedrive-files": pipedrive_files.STORAGE}
        kept = {name: Door(self, host, told=f"https://{host}/") for name, host in files.items()}
        return {name: Door(self, host) for name, host in hosts.items()} | kept


class Door:
    """Answers as the vendor behind one host does, which others name as ``told`` in their answers."""

    def __init__(self, world: World, host: str, *, told: str = "") -> None:
        self.told = told
        self._world = world
        self._host = host

    def handle(self, request: Request) -> Response:
        return self._world.handle(self._host, request)
