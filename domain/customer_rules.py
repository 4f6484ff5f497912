"""The bookkeeper's rules about customers: who they are in Xero, and which of their details travel."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain.emails import Mailboxes
from domain.records import DetailName
from domain.rule import Count, Field_, Rule, Text, words


class CustomerFields(Rule):
    """Fields that you have added to your customers in the CRM, companies and persons alike, by their internal names.
    One that is not there holds nothing.
    """

    tax_number: Annotated[Field_ | None, Field(examples=["abn"])] = None
    """The ABN. Left out: ``abn``, in Salesforce ``ABN__c``."""
    legal_name: Annotated[Field_ | None, Field(examples=["legal_name"])] = None
    """The name in law, where it is another one: also by it a customer is recognised. None of the three CRMs has a place
    of its own for it, nor has Xero.
    """
    street_address: Annotated[Field_ | None, Field(examples=["street_address"])] = None
    """The street address in one line. In Salesforce, left out: the shipping address; a contact's other address."""
    payment_terms: Annotated[Field_ | None, Field(examples=["payment_terms"])] = None
    """The customer's own payment terms in the words of ``due``, as 30 days after the invoice date."""
    invoices_to: Annotated[Field_ | None, Field(examples=["invoices_to"])] = None
    """The e-mail addresses of the people who get invoices beside the customer, with commas between: in Xero the contact
    persons that are included in e-mails, of which it takes five.
    """
    on_hold: Annotated[Field_ | None, Field(examples=["on_hold"])] = None
    """While it says anything but no, nothing is invoiced to the customer without asking. Costs one call a round."""

    open_balance: Annotated[Field_ | None, Field(examples=["xero_open_balance"])] = None
    """This one is told: what is still to be paid, in the organisation's currency, of all its invoices in Xero,
    whosoever made them, less what it has there on account: credit notes, over- and prepayments. Costs a call for each
    of these a day, and whenever one may have moved.
    """
    oldest_due: Annotated[Field_ | None, Field(examples=["xero_oldest_due"])] = None
    """This one is told: the day since which the oldest of that is due."""
    on_stop: Annotated[Field_ | None, Field(examples=["xero_on_stop"])] = None
    """This one is told: true while the oldest is overdue for more days than ``stop after`` says, else false."""
    stop_after: Annotated[Count | None, Field(examples=["30"])] = None
    """How many days something may be overdue before the customer is on stop. Left out: never."""

    def named(self) -> dict[str, str]:
        """What is kept in a field → the field's name."""
        return {words(name): field for name, field in self if isinstance(field, str) and field}


class ContactRules(Rule):
    """Who the customer is in Xero."""

    match_by: tuple[Literal["tax number", "company number", "email", "name"], ...] = (
        "tax number",
        "company number",
        "email",
        "name",
    )
    """By what a customer is recognised, in this order; the first that finds exactly one contact wins."""
    an_email_needs: Literal["a fitting name", "the same name"] = "a fitting name"
    """What the same e-mail address proves only together with: a name that fits, as the trading name of the same
    customer, or the very name.
    """
    a_name_needs: tuple[Literal["email", "phone", "postcode", "domain"], ...] = ("email", "phone", "postcode", "domain")
    """What the same name proves only together with: any of these. The domain is that of the website or of the e-mail
    address.
    """
    role_addresses: Annotated[tuple[Text, ...], Field(examples=["[studio, front.desk]"])] = ()
    """What stands before the @ of mailboxes that are a desk's and prove nothing, beside accounts, info, office and the
    like.
    """
    shared_addresses: Annotated[tuple[Text, ...], Field(examples=['["jo@bookkeeper.example"]'])] = ()
    """Addresses, or whole domains, of bookkeepers and others who look after several of your customers: they prove
    nothing.
    """
    free_mail_domains: Annotated[tuple[Text, ...], Field(examples=["[internode.example]"])] = ()
    """Domains at which anyone may have an address, beside gmail.com, bigpond.com and the like."""
    if_several: Literal["ask"] = "ask"
    """Two or more look the same: a person is asked."""
    if_none: Literal["create", "ask"] = "create"
    """The customer is not in Xero yet: create the contact, or ask first."""

    list_twins: Literal["in xero", "on both sides"] = "in xero"
    """Each night's list of customers that may be there twice: of Xero, which costs no call; or of the CRM too, of which
    the keys of all companies and persons are kept then and those that changed are read. With ``new in xero`` they are
    kept anyway, and listed.
    """
    abn_lookup: Annotated[str, Field(examples=["acme-abr"])] = ""
    """The name under which your GUID of the Australian Business Register's web service is kept, ``guid`` by name: the
    ABNs of Xero's contacts are looked up there by night, and those that are cancelled or without GST are listed. Left
    out: nothing is looked up. No invoice waits for it.
    """
    new_in_xero: Literal["leave", "link", "create"] = "leave"
    """A contact that somebody makes in Xero: leave it there; link it to the company or person of the CRM that the same
    ladder proves it to be; or create the company in the CRM where nobody is it. Several, or a mere likeness: a person
    is asked. Suppliers are left alone.
    """
    new_people: Literal["become companies", "become persons"] = "become companies"
    """What ``new in xero: create`` makes of people. A contact called by its own first and last name becomes a person of
    the CRM; a legal ending, a trust or an ACN makes a company; of any other a person is asked. Or all become companies.
    """

    def mailboxes(self) -> Mailboxes:
        """Those that prove nothing."""
        roles, shared, free = (
            frozenset(text.strip().casefold().removeprefix("@") for text in listed)
            for listed in (self.role_addresses, self.shared_addresses, self.free_mail_domains)
        )
        return Mailboxes(roles, shared, free)


class DetailRule(Rule):
    """Which way a change of one customer detail travels, once an hour. What stands on one side only is filled in on the
    other where the direction allows it. A detail that a side has no place for is left alone there: Xero has none for a
    legal name and takes no website.
    """

    field: DetailName
    """The detail."""
    direction: Literal["crm to xero", "xero to crm", "both ways"]
    """The side that is followed."""
    if_both_changed: Literal["ask", "crm wins", "xero wins"] = "ask"
    """Both sides changed since they were last equal, or the one that should follow did, or a detail was emptied: ask,
    or let one side win. An ABN that is replaced by another is always asked about: it may be another customer. So are
    payment terms that were emptied in the CRM: Xero lets nobody take them away but a person on its screen.
    """
