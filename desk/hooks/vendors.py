"""The vendors by the name of their system, as it stands in the address and in the mapping."""

from __future__ import annotations

from collections.abc import Mapping

from desk.hooks.delivery import Vendor
from desk.hooks.hubspot import HUBSPOT
from desk.hooks.pipedrive import PIPEDRIVE
from desk.hooks.salesforce import SALESFORCE
from desk.hooks.xero import XERO

VENDORS: Mapping[str, Vendor] = {"xero": XERO, "hubspot": HUBSPOT, "pipedrive": PIPEDRIVE, "salesforce": SALESFORCE}
