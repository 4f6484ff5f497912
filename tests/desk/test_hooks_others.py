"""Held: Pipedrive's name and password, Salesforce's organisation and acknowledgement, and XML that means harm."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from sandbox.wire import Response
from tests.support.hooks import IDS, Door

PIPEDRIVE = f"/hooks/pipedrive/{IDS['pipedrive']}"
SALESFORCE = f"/hooks/salesforce/{IDS['salesforce']}"
ORGANISATION = "00D5g000004XyzQEAS"
ACK = b"<Ack>true</Ack>"


def other(folder: Path, system: str, account: str, **keys: str) -> Door:
    """A door of a pair whose CRM is this one."""
    mappings = folder / "mappings"
    mappings.mkdir()
    demo = (Path(__file__).parents[2] / "mappings" / "demo.yaml").read_text()
    told = demo.replace("system: hubspot", f"system: {system}").replace('"24680135"', f'"{account}"')
    (mappings / "demo.yaml").write_text(told)
    ends = {IDS[system]: ("demo", system)}
    return Door(folder, mappings=mappings, keys={"demo-hubspot": keys} if keys else {}, ends=ends)


# ── Pipedrive ─────────────────────────────────────────────────────────────────────────────────────────────────


def pipedrive(folder: Path) -> Door:
    return other(folder, "pipedrive", "acme", webhook_user="wonbooks", webhook_password="pässword")


def basic(user: str = "wonbooks", password: str = "pässword") -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def tell(at: Door, headers: dict[str, str], **meta: Any) -> Response:
    body = {"meta": {"host": "acme.pipedrive.com", "entity": "deal", "action": "change", **meta}, "data": None}
    return at.call(PIPEDRIVE, json.dumps(body).encode(), headers)


def test_pipedrive_proves_itself_by_name_and_password(tmp_path: Path) -> None:
    at = pipedrive(tmp_path)
    with at.receiver:
        assert tell(at, basic(), entity_id="42").status == 200
        for wrong in (
            {},
            basic(password="password"),
            basic(user=""),
            {"authorization": "Basic"},
            {"authorization": "é"},
        ):
            assert tell(at, wrong, entity_id="43").status == 401
        assert at.noticed() == {"42"}
    assert at.woken == [("demo", "deals")]


def test_a_merge_in_pipedrive_is_about_both_deals(tmp_path: Path) -> None:
    at = pipedrive(tmp_path)
    with at.receiver:
        assert tell(at, basic(), action="delete", entity_id="1", merged_to_id="2").status == 200
        assert at.noticed() == {"1", "2"}


def test_a_line_of_a_deal_in_pipedrive_is_about_the_deal(tmp_path: Path) -> None:
    at = pipedrive(tmp_path)
    with at.receiver:
        for part in ({"data": {"deal_id": 5}}, {"data": None, "previous": {"deal_id": 6}}, {"data": None}):
            meta = {"host": "acme.pipedrive.com", "entity": "deal_product", "entity_id": "9"}
            assert at.call(PIPEDRIVE, json.dumps({"meta": meta, **part}).encode(), basic()).status == 200
        assert at.noticed() == {"5", "6"}


def test_people_and_activities_in_pipedrive_wake_nobody(tmp_path: Path) -> None:
    at = pipedrive(tmp_path)
    with at.receiver:
        assert [tell(at, basic(), entity=e, entity_id="9").status for e in ("person", "activity", "note")] == [200] * 3
        assert tell(at, basic(), host="rival.pipedrive.com", entity_id="9").status == 200
    assert at.woken == []
    assert at.endpoint("pipedrive").foreign == 1


# ── Salesforce ────────────────────────────────────────────────────────────────────────────────────────────────


def salesforce(folder: Path) -> Door:
    return other(folder, "salesforce", ORGANISATION)


def message(*records: tuple[str, str], organisation: str = ORGANISATION, head: str = "") -> bytes:
    """As https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_wsdl.htm"""
    notifications = "".join(
        f"""<Notification><Id>04l0000000{n:08d}</Id><sObject xsi:type="sf:{kind}"
        xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>{escape(record)}</sf:Id>
        <sf:Name>A &amp; B</sf:Name></sObject></Notification>"""
        for n, (kind, record) in enumerate(records)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>{head}<soapenv:Envelope
    xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
    <notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>{organisation}</OrganizationId>
    <ActionId>04k000000000001AAA</ActionId><SessionId xsi:nil="true"/><EnterpriseUrl>https://x.example/</EnterpriseUrl>
    <PartnerUrl>https://x.example/</PartnerUrl>{notifications}</notifications></soapenv:Body></soapenv:Envelope>""".encode()


def test_a_message_of_salesforce_is_noted_and_acknowledged_in_soap(tmp_path: Path) -> None:
    at = salesforce(tmp_path)
    with at.receiver:
        body = message(("Opportunity", "0065g00000AbCdEAAV"), ("Opportunity", "0065g00000AbCdFAAV"), ("Account", "001"))
        answer = at.call(SALESFORCE, body)
        assert answer.status == 200
        assert ACK in answer.body
        assert answer.headers["content-type"].startswith("text/xml")
        assert at.noticed() == {"0065g00000AbCdEAAV", "0065g00000AbCdFAAV"}
    assert at.woken == [("demo", "deals")]


def test_the_short_form_of_the_organisation_is_the_same_organisation(tmp_path: Path) -> None:
    at = salesforce(tmp_path)
    with at.receiver:
        body = message(("Opportunity", "0065g00000AbCdEAAV"), organisation=ORGANISATION[:15])
        assert at.call(SALESFORCE, body).status == 200
        assert at.noticed() == {"0065g00000AbCdEAAV"}


@pytest.mark.parametrize("organisation", ["00D5g000004XyzREAS", "", "00D5g000004Xyz", "é" * 18, "x" * 100_000])
def test_another_organisation_is_refused(tmp_path: Path, organisation: str) -> None:
    at = salesforce(tmp_path)
    with at.receiver:
        answer = at.call(SALESFORCE, message(("Opportunity", "0065g00000AbCdEAAV"), organisation=organisation))
        assert (answer.status, answer.body) == (401, b"")
        assert at.noticed() == set()


BILLION = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "a billion laughs": f'<!DOCTYPE z [<!ENTITY l0 "ha">{BILLION}]>',
    "a quadratic blow-up": f'<!DOCTYPE z [<!ENTITY l9 "{"a" * 50_000}">]>',
    "a file": '<!DOCTYPE z [<!ENTITY l9 SYSTEM "file:///etc/hostname">]>',
    "another server": '<!DOCTYPE z [<!ENTITY l9 SYSTEM "http://127.0.0.1:1/">]>',
    "a parameter entity": '<!DOCTYPE z [<!ENTITY % l9 SYSTEM "http://127.0.0.1:1/"> %l9;]>',
    "a document type elsewhere": '<!DOCTYPE z SYSTEM "http://127.0.0.1:1/z.dtd">',
    "an empty document type": "<!DOCTYPE z>",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_xml_that_declares_anything_is_not_read(tmp_path: Path, bomb: str) -> None:
    at = salesforce(tmp_path)
    with at.receiver:
        for organisation in (ORGANISATION, "&l9;"):
            body = message(("Opportunity", "0065g00000AbCdEAAV"), organisation=organisation, head=BOMBS[bomb])
            assert at.call(SALESFORCE, body).status == 401
        assert at.noticed() == set()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"{}",
        b"\xff\xfe<\x00",
        b"<a>" * 300_000,
        message(("Opportunity", "0065g00000AbCdEAAV"))[:-1],
        message(("Opportunity", "0065g00000AbCdEAAV")).decode().encode("utf-16"),
        message().replace(b'"UTF-8"', b'"UTF-7"').replace(b"</OrganizationId>", b"+ADw-</OrganizationId>"),
        b'<a b="' + b"x" * 900_000 + b'"/>',
        b"<a " + b" ".join(b'b%d=""' % n for n in range(50_000)) + b"/>",
    ],
)
def test_xml_that_makes_no_sense_is_refused(tmp_path: Path, body: bytes) -> None:
    at = salesforce(tmp_path)
    with at.receiver:
        assert at.call(SALESFORCE, body).status == 401


def test_a_line_of_an_opportunity_makes_the_pair_look_for_itself(tmp_path: Path) -> None:
    at = salesforce(tmp_path)
    with at.receiver:
        assert at.call(SALESFORCE, message(("OpportunityLineItem", "00k5g00000AbCdEAAV"))).status == 200
        assert at.noticed() == set()
    assert at.woken == [("demo", "deals")]
