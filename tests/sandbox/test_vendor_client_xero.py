"""Xero's own Python client, unchanged, works against the double over real HTTP: it can't only please our connector."""

from __future__ import annotations

import base64
import json
import urllib.parse
import urllib.request
from collections.abc import Generator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from xero_python.accounting import (
    AccountingApi,
    Contact,
    Contacts,
    Invoice,
    Invoices,
    LineAmountTypes,
    LineItem,
)
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import AccountingBadRequestException
from xero_python.identity import IdentityApi

from sandbox.clock import wall_clock
from sandbox.serve import SandboxServer
from sandbox.xero import XeroDouble


@pytest.fixture
def server() -> Generator[SandboxServer]:
    # The client compares the token's end with the machine's own clock.
    with SandboxServer({"xero": XeroDouble(wall_clock, seed=1)}) as running:
        yield running


@pytest.fixture
def client(server: SandboxServer) -> ApiClient:
    """The client with a token fetched as a custom connection fetches one."""
    token = fetched_token(server)
    settings = Configuration(oauth2_token=OAuth2Token(client_id="wonbooks-sandbox", client_secret="open-sesame"))
    return ApiClient(settings, oauth2_token_getter=lambda: token, oauth2_token_saver=token.update)


def fetched_token(server: SandboxServer) -> dict[str, Any]:
    basic = base64.b64encode(b"wonbooks-sandbox:open-sesame").decode()
    form = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
    request = urllib.request.Request(
        f"{server.url}/xero/connect/token", data=form, headers={"Authorization": f"Basic {basic}"}
    )
    with urllib.request.urlopen(request) as answer:
        granted = json.load(answer)
    return {**granted, "scope": granted["scope"].split(), "expires_at": datetime.now(UTC).timestamp() + 1800}


def accounting(client: ApiClient, server: SandboxServer) -> Any:
    """The client's calls, which carry no types."""
    return AccountingApi(client, base_url=f"{server.url}/xero/api.xro/2.0")


def tenant(client: ApiClient, server: SandboxServer) -> str:
    identity: Any = IdentityApi(client, base_url=f"{server.url}/xero")
    (connection,) = identity.get_connections()
    return connection.tenant_id


def test_it_makes_and_reads_a_contact_and_an_invoice(client: ApiClient, server: SandboxServer) -> None:
    api, org = accounting(client, server), tenant(client, server)
    contact = Contact(name="Bellbird Café Pty Ltd", email_address="accounts@bellbird.example", contact_number="HS-1")

    made = api.create_contacts(org, Contacts(contacts=[contact])).contacts[0]
    line = LineItem(
        description="Design work", quantity=12, unit_amount=Decimal("83.3333"), account_code="200", tax_type="OUTPUT"
    )
    element = Invoice(
        type="ACCREC",
        contact=Contact(contact_id=made.contact_id),
        date=date(2026, 11, 23),
        due_date=date(2026, 12, 7),
        line_amount_types=LineAmountTypes.EXCLUSIVE,
        line_items=[line],
        status="DRAFT",
        url="https://crm.example/deal/7",
    )
    invoice = api.create_invoices(
        org, Invoices(invoices=[element]), summarize_errors=False, unitdp=4, idempotency_key="k"
    ).invoices[0]

    read_contact = api.get_contact(org, made.contact_id).contacts[0]
    read_invoice = api.get_invoice(org, invoice.invoice_id, unitdp=4).invoices[0]
    assert (read_contact.name, read_contact.contact_number) == ("Bellbird Café Pty Ltd", "HS-1")
    assert (read_invoice.total, read_invoice.total_tax) == (Decimal("1100.0"), Decimal("100.0"))
    assert read_invoice.line_items[0].unit_amount == Decimal("83.3333")
    assert (read_invoice.date, read_invoice.due_date) == (date(2026, 11, 23), date(2026, 12, 7))
    assert read_invoice.contact.contact_id == made.contact_id
    assert api.get_invoices(org, i_ds=[invoice.invoice_id], page=1).invoices[0].url == "https://crm.example/deal/7"


def test_it_understands_a_refusal(client: ApiClient, server: SandboxServer) -> None:
    api, org = accounting(client, server), tenant(client, server)
    contacts = Contacts(contacts=[Contact(name="Acme Pty Ltd")])
    api.create_contacts(org, contacts)

    with pytest.raises(AccountingBadRequestException) as refusal:
        api.create_contacts(org, contacts)

    assert "must be unique across all active contacts" in str(refusal.value)


def test_it_reads_the_settings(client: ApiClient, server: SandboxServer) -> None:
    api, org = accounting(client, server), tenant(client, server)

    company = api.get_organisations(org).organisations[0]
    rates = {rate.tax_type: rate.effective_rate for rate in api.get_tax_rates(org).tax_rates}
    codes = {account.code for account in api.get_accounts(org).accounts}

    assert company.country_code.value == "AU"
    assert rates["OUTPUT"] == Decimal("10.0")
    assert {"200", "610", "860"} <= codes
