"""What Salesforce calls things: objects, fields, the lists that hang on a record.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_list.htm
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "User": "005",
    "Opportunity": "006",
    "OpportunityLineItem": "00k",
    "OpportunityContactRole": "00K",
    "RecordType": "012",
    "Pricebook2": "01s",
    "Product2": "01t",
    "PricebookEntry": "01u",
    "OpportunityStage": "01J",
    "ContentVersion": "068",
    "ContentDocument": "069",
    "ContentDocumentLink": "06A",
}
MASTER_TYPE = "012000000000000AAA"
# The lists of a record: (object, list) → the object in it and its field that points back.
CHILDREN = {
    ("Account", "Contacts"): ("Contact", "AccountId"),
    ("Account", "Opportunities"): ("Opportunity", "AccountId"),
    ("Opportunity", "OpportunityLineItems"): ("OpportunityLineItem", "OpportunityId"),
    ("Opportunity", "OpportunityContactRoles"): ("OpportunityContactRole", "OpportunityId"),
}

# ``name type`` per field: ``:`` names what a reference leads to, ``(n)`` the longest text, ``!`` one that Salesforce
# keeps itself, ``+`` one that is set on creation only, ``*`` one that can't be left out, ``?`` one that hangs on a
# feature of the organisation.
_COMMON = (
    "Id id!, IsDeleted boolean!, CreatedDate datetime!, CreatedById reference:User!, LastModifiedDate datetime!, "
    "LastModifiedById reference:User!, SystemModstamp datetime!"
)
_FIELDS = {
    "Account": (
        "Name string(255)*, Phone phone(40), Website url(255), Industry picklist, Description textarea(32000), "
        "BillingStreet textarea(255), BillingCity string(40), BillingState string(80), BillingPostalCode string(20), "
        "BillingCountry string(80), ShippingStreet textarea(255), ShippingCity string(40), ShippingState string(80), "
        "ShippingPostalCode string(20), ShippingCountry string(80), OwnerId reference:User, "
        "MasterRecordId reference:Account!, "
        "IsPersonAccount boolean!?person, PersonEmail email(80)?person, PersonContactId reference:Contact!?person, "
        "FirstName string(40)?person, LastName string(80)?person, CurrencyIsoCode picklist?currencies"
    ),
    "Contact": (
        "FirstName string(40), LastName string(80)*, Name string(121)!, Email email(80), Phone phone(40), "
        "MobilePhone phone(40), MailingStreet textarea(255), MailingCity string(40), MailingState string(80), "
        "MailingPostalCode string(20), MailingCountry string(80), OtherStreet textarea(255), OtherCity string(40), "
        "OtherState string(80), OtherPostalCode string(20), OtherCountry string(80), AccountId reference:Account, "
        "OwnerId reference:User, MasterRecordId reference:Contact!, IsPersonAccount boolean!?person, "
        "CurrencyIsoCode picklist?currencies"
    ),
    "Opportunity": (
        "Name string(120)*, StageName picklist*, CloseDate date*, Amount currency, AccountId reference:Account, "
        "Type picklist, NextStep string(255), Description textarea(32000), Probability percent, IsClosed boolean!, "
        "IsWon boolean!, OwnerId reference:User, Pricebook2Id reference:Pricebook2, HasOpportunityLineItem boolean!, "
        "RecordTypeId reference:RecordType?recordtypes, CurrencyIsoCode picklist?currencies"
    ),
    "OpportunityLineItem": (
        "OpportunityId reference:Opportunity+*, PricebookEntryId reference:PricebookEntry+, "
        "Product2Id reference:Product2+, ProductCode string!, Name string!, Quantity double*, UnitPrice currency, "
        "ListPrice currency!, Subtotal currency!, TotalPrice currency, Discount percent, Description string(255), "
        "ServiceDate date, SortOrder int!, HasQuantitySchedule boolean!, HasRevenueSchedule boolean!, "
        "CurrencyIsoCode picklist!?currencies"
    ),
    "OpportunityContactRole": (
        "OpportunityId reference:Opportunity+*, ContactId reference:Contact*, Role picklist, IsPrimary boolean"
    ),
    "Product2": "Name string(255)*, ProductCode string(255), Description textarea(4000), IsActive boolean",
    "Pricebook2": "Name string(255)*, IsActive boolean, IsStandard boolean!",
    "PricebookEntry": (
        "Pricebook2Id reference:Pricebook2+*, Product2Id reference:Product2+*, UnitPrice currency*, IsActive boolean, "
        "CurrencyIsoCode picklist+?currencies"
    ),
    "User": "Username string(80)*, FirstName string(40), LastName string(80)*, Name string!, Email email*",
    "RecordType": "Name string(80)*, DeveloperName string(80)*, SobjectType picklist*, IsActive boolean",
    "ContentVersion": (
        "Title string(255), PathOnClient string(500)+*, VersionData base64+*, "
        "FirstPublishLocationId reference:Opportunity+, ContentDocumentId reference:ContentDocument!"
    ),
    "ContentDocument": (
        "Title string(255)*, FileExtension string(40)!, ContentSize int!, "
        "LatestPublishedVersionId reference:ContentVersion!"
    ),
    "ContentDocumentLink": (
        "ContentDocumentId reference:ContentDocument+*, LinkedEntityId reference:Opportunity+*, ShareType picklist"
    ),
    "OpportunityStage": (
        "ApiName string!, MasterLabel string!, IsActive boolean!, IsClosed boolean!, IsWon boolean!, SortOrder int!"
    ),
}


@dataclass(frozen=True)
class FieldDef:
    """A field of an object. ``to`` is what a reference leads to, ``feature`` what it hangs on."""

    name: str
    type: str
    length: int = 0
    to: str = ""
    read_only: bool = False
    create_only: bool = False
    required: bool = False
    feature: str = ""
    external_id: bool = False
    unique: bool = False

    @property
    def relationship(self) -> str:
        """The name that leads to the record referred to, without its ``Id``."""
        return self.name.removesuffix("Id") if self.to else ""

    def described(self) -> dict[str, Any]:
        """As a describe shows it to a user who may see it."""
        return {
            "name": self.name,
            "label": self.name.removesuffix("__c").replace("_", " "),
            "type": self.type,
            "length": self.length,
            "referenceTo": [self.to] if self.to else [],
            "relationshipName": self.relationship or None,
            "createable": not self.read_only,
            "updateable": not (self.read_only or self.create_only),
            "nillable": not self.required,
            "custom": self.name.endswith("__c"),
            "externalId": self.external_id,
            "unique": self.unique,
            "filterable": self.type != "textarea",
        }


def field(entry: str) -> FieldDef:
    """A field out of its short form, ``PersonEmail email(80)?person``."""
    name, _, rest = entry.partition(" ")
    rest, _, feature = rest.partition("?")
    bare = rest.rstrip("!+*")
    marks = rest[len(bare) :]
    type_, _, to = bare.partition(":")
    type_, _, length = type_.partition("(")
    return FieldDef(
        name,
        type_,
        length=int(length.rstrip(")") or 0),
        to=to,
        read_only="!" in marks,
        create_only="+" in marks,
        required="*" in marks,
        feature=feature,
    )


def standard_fields() -> dict[str, dict[str, FieldDef]]:
    """Salesforce's own fields of every object."""
    return {
        kind: {made.name: made for entry in f"{_COMMON}, {own}".split(", ") for made in (field(entry),)}
        for kind, own in _FIELDS.items()
    }


def long_id(short: str) -> str:
    """The 18 characters of an id of 15: the last three say which of the others are capitals.

    https://help.salesforce.com/s/articleView?id=000385585
    """
    sums = (sum(1 << at for at, char in enumerate(short[i : i + 5]) if "A" <= char <= "Z") for i in (0, 5, 10))
    return short + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[each] for each in sums)


def same_id(one: str, other: str) -> bool:
    return len(one) in {15, 18} and one[:15] == other[:15]
