"""What happens with deals as only Pipedrive has them: won without a stage, lost, archived, merged, in instalments."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from domain.rules import Rules
from ledger.secrets import Seal
from sandbox.pipedrive import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from stages import rounds
from stages.checking import check
from stages.opening import Surroundings, pair_of
from stages.pair import Pair
from stages.settings import Settings, SettingsProblem
from tests.support.house import CONNECTIONS, Edit, House, mapping

WON: Edit = ("stage: Closed won", "stage: won")


@pytest.fixture
def house() -> House:
    return House(crm="pipedrive")


def connected(house: House, rules: Rules, **keys: str) -> Pair:
    """The pair with other keys for Pipedrive."""
    given = {name: SecretStr(value) for name, value in keys.items()}
    settings = Settings(connections={**CONNECTIONS, "demo-pipedrive": given})
    around = Surroundings(now=house.clock, sleep=house.clock.advance, transport=house.transport)
    return pair_of(rules, settings, house.ledger, Seal(b"k" * 32), around)


def test_a_pair_that_is_connected_by_consent_works_as_one_with_a_token(house: House) -> None:
    rules = mapping(pair="demo-pipedrive").rules
    assert rules is not None
    keys = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
    deal = house.win("known_by_abn")
    rounds.deals_to_invoices(connected(house, rules, **keys))
    rounds.invoices_to_deals(connected(house, rules, **keys))
    assert house.told(deal)["total"] == "5324.00"
    assert house.calls("pipedrive").count("POST /oauth/token") == 0
    assert [c.status for c in house.world.pipedrive.log if c.path == "/oauth/token"] == [200]


@pytest.mark.parametrize("account", ["https://acme.pipedrive.com", "acme.pipedrive.com", "evil.example/", "Acme", "-"])
def test_an_account_that_is_no_first_word_of_an_address_is_never_called(house: House, account: str) -> None:
    rules = mapping(pair="demo-pipedrive").rules
    assert rules is not None
    crm = rules.crm.model_copy(update={"account": account})
    with pytest.raises(SettingsProblem, match="the first word of its address"):
        connected(house, rules.model_copy(update={"crm": crm}), token="a-token")


def test_keys_that_are_missing_are_named(house: House) -> None:
    rules = mapping(pair="demo-pipedrive").rules
    assert rules is not None
    with pytest.raises(SettingsProblem, match="WONBOOKS_DEMO_PIPEDRIVE_TOKEN"):
        connected(house, rules)


def test_a_rule_for_won_wants_the_green_button_and_no_stage() -> None:
    house = House(WON, crm="pipedrive")
    people = house.world.pipedrive.people
    deal, moved = house.company.deals["known_by_abn"], house.company.deals["known_by_name"]
    people.move(moved, "Closed won")
    people.win(deal)
    house.work()
    assert (len(house.invoices_of(deal)), len(house.invoices_of(moved))) == (1, 0)

    payment = house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert house.stage(deal) == "Paid"
    house.xero.people.remove_payment(payment)
    house.work()
    assert house.stage(deal) == "Proposal sent"
    assert not house.questions()


def test_a_mapping_that_says_won_passes_its_check() -> None:
    house = House(WON, crm="pipedrive")
    checked = check(house.open(), mapping(WON, pair="demo-pipedrive"))
    assert checked.sound, checked.problems
    assert "xero_invoice_number" in checked.to_create


def test_a_deal_that_is_lost_where_invoices_are_made_gets_none(house: House) -> None:
    people = house.world.pipedrive.people
    deal = house.company.deals["known_by_abn"]
    people.lose(deal, "Closed won")
    house.work()
    assert not house.invoices()
    people.reopen(deal)
    house.work()
    assert len(house.invoices_of(deal)) == 1


def test_a_deal_lost_after_its_invoice_is_asked_about_and_moves_nowhere(house: House) -> None:
    deal = house.win("known_by_abn")
    house.work()
    house.world.pipedrive.people.lose(deal)
    house.work()
    house.asked("deal_unwon")
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert house.stage(deal) == "Closed won"
    assert house.told(deal)["invoice_status"] == "Paid"


def test_a_deal_that_was_archived_right_after_it_was_won_is_invoiced_within_the_hour(house: House) -> None:
    house.work()
    deal = house.win("known_by_abn")
    house.world.pipedrive.people.archive(deal)
    for _ in range(4):
        house.work(minutes=15)
    assert len(house.invoices_of(deal)) == 1
    assert "Archived deals cannot be edited" in house.asked("write_back_refused").facts


def test_what_an_archived_deal_could_not_be_told_it_is_told_once_it_is_back(house: House) -> None:
    deal = house.win("known_by_abn")
    house.work()
    people = house.world.pipedrive.people
    people.archive(deal)
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    item = house.asked("write_back_refused")
    people.unarchive(deal)
    house.answer(item, "retry")
    house.work()
    assert house.told(deal)["invoice_status"] == "Paid"
    house.work()
    assert house.stage(deal) == "Paid"
    assert not house.questions()


@pytest.mark.parametrize(
    ("method", "answer", "total"), [("inclusive", "as_mapped", 1650), ("none", "as_mapped", 1650), ("inclusive", "", 0)]
)
def test_a_deal_whose_tax_setting_is_not_the_mappings_is_asked_about(
    house: House, method: str, answer: str, total: int
) -> None:
    deal = house.sell({"product": "CONSULT-WEB", "quantity": 10, "price": "150.00", "tax": 10, "tax_method": method})
    house.work()
    item = house.asked("amounts_unclear")
    assert not house.invoices()
    if answer:
        house.answer(item, answer)
    else:
        line = house.world.pipedrive.account.lines(int(deal))[0]
        house.world.pipedrive.people.edit_line(str(line["id"]), tax_method="exclusive")
    house.work()
    assert house.invoice(deal)["Total"] == (total or 1650)
    assert not house.questions()


def test_a_discount_on_the_whole_deal_is_on_its_invoice(house: House) -> None:
    deal = house.company.deals["known_by_abn"]
    house.world.pipedrive.people.add_discount(deal, "12.5")
    house.sales.win(deal)
    house.work()
    assert house.invoice(deal)["SubTotal"] == 4270
    assert house.told(deal)["total"] == "4658.50"


def test_a_deal_in_instalments_is_invoiced_in_full_where_the_mapping_says_so(house: House) -> None:
    house.edit_mapping(("create: authorised\n", "create: authorised\n    instalments: in full\n"))
    deal = house.company.deals["known_by_abn"]
    house.world.pipedrive.people.add_instalments(deal, ("2440", "2026-12-01"), ("2440", "2027-01-01"))
    house.win("known_by_abn")
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    assert not house.questions()


def test_a_deal_in_instalments_waits_for_a_person(house: House) -> None:
    deal = house.company.deals["known_by_abn"]
    house.world.pipedrive.people.add_instalments(deal, ("2440", "2026-12-01"), ("2440", "2027-01-01"))
    house.sales.win(deal)
    house.work()
    item = house.asked("instalments")
    house.answer(item, "in_full")
    house.work()
    assert house.invoice(deal)["SubTotal"] == 4880


def test_a_deal_merged_away_after_its_invoice_is_asked_about(house: House) -> None:
    deal = house.win("known_by_abn")
    house.work()
    survivor = house.company.deals["known_by_name"]
    house.world.pipedrive.people.merge_deals(survivor, deal)
    house.work()
    assert house.asked("deal_deleted").subject == f"deal:{deal}"
    assert len(house.invoices()) == 1


def merged_into_another(house: House) -> tuple[str, str]:
    """An invoiced deal is merged into one that is won in the same minutes; both ids, the survivor's last."""
    deal = house.win("known_by_abn")
    house.work()
    survivor = house.company.deals["known_by_name"]
    house.world.pipedrive.people.merge_deals(survivor, deal)
    house.win("known_by_name")
    house.work()
    return deal, survivor


def test_a_deal_that_an_invoiced_one_was_merged_into_is_one_question_with_both(house: House) -> None:
    deal, survivor = merged_into_another(house)
    number = house.invoice(deal)["InvoiceNumber"]
    item = house.asked("deal_absorbed")
    assert (item.subject, json.loads(item.facts)) == (f"deal:{survivor}", {"other_deal": deal, "invoice": number})
    house.work(minutes=60)
    assert len(house.invoices()) == 1

    house.answer(item, "merged")
    house.work()
    house.work()
    assert len(house.invoices()) == 1
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert (house.told(survivor)["invoice_number"], house.told(survivor)["invoice_status"]) == (number, "Paid")
    assert [item.kind for item in house.questions()] in ([], ["deal_changed"])


def test_two_sales_that_were_never_merged_are_invoiced_both(house: House) -> None:
    deal, survivor = merged_into_another(house)
    house.answer(house.asked("deal_absorbed"), "separate")
    house.work()
    house.work()
    assert house.invoice(survivor)["InvoiceID"] != house.invoice(deal)["InvoiceID"]
    assert house.asked("deal_deleted").subject == f"deal:{deal}"


def test_a_later_sale_to_the_customer_of_a_deleted_deal_is_no_question(house: House) -> None:
    deal = house.win("known_by_abn")
    house.work()
    house.world.pipedrive.people.delete("deal", deal)
    later = house.sell()
    house.work()
    assert house.invoice(later)["Status"] == "AUTHORISED"
    assert [item.kind for item in house.questions()] == ["deal_deleted"]


def test_a_customer_merged_away_is_followed_to_the_survivor(house: House) -> None:
    house.win("known_by_abn")
    house.work()
    people = house.world.pipedrive.people
    twin = people.add_company("Bellbird Cafe and Bakery", abn="40 999 000 222")
    people.merge_companies(twin, house.company.companies["bellbird"])
    later = house.sell(company=twin)
    house.work()
    assert house.customer(later)["Name"] == "Bellbird Cafe"


def test_looking_every_quarter_of_an_hour_costs_a_twentieth_of_the_least_budget(house: House) -> None:
    house.win("known_by_abn")
    house.work()
    house.work()
    spent = house.world.pipedrive.access.spent
    for _ in range(4 * 12):
        house.work(minutes=15)
    half_a_day = house.world.pipedrive.access.spent - spent
    # At midnight the open invoices are compared, for which the stages, half a day old, are read anew, and their deals.
    assert half_a_day == 48 * 10 + 12 * 20 + 2 * 10
    assert 2 * half_a_day < 30_000 / 20


def test_a_field_is_found_once_and_kept_whatever_people_call_it_later(house: House) -> None:
    house.win("known_by_abn")
    house.work()
    account = house.world.pipedrive.account
    [number] = [f for f in account.own_fields("deals") if f["field_name"] == "Xero invoice number"]
    number["field_name"] = "Invoice no. in the books"
    before = len(house.calls("pipedrive"))
    deal = house.win("known_by_name")
    house.work()
    told = house.world.pipedrive.deal(deal)["custom_fields"][number["field_code"]]
    assert told == house.invoice(deal)["InvoiceNumber"]
    assert not [call for call in house.calls("pipedrive")[before:] if "Fields" in call]
    assert not house.questions()


def test_a_field_that_was_deleted_is_looked_for_by_its_name_again(house: House) -> None:
    house.win("known_by_abn")
    house.work()
    account = house.world.pipedrive.account
    [number] = [f for f in account.own_fields("deals") if f["field_name"] == "Xero invoice number"]
    del account.fields["deals"][number["field_code"]]
    house.world.pipedrive.people.add_field("deal", "Xero invoice number")
    deal = house.win("known_by_name")
    house.work()
    assert house.told(deal)["invoice_number"] == house.invoice(deal)["InvoiceNumber"]
    assert not house.questions()
