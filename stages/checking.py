"""Checking a pair before anything runs: the mapping against itself, then against both live accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.contract import FieldSpec
from domain.records import CustomerRef, Organisation
from domain.triggers import is_field
from mappings.live import Crm as CrmSide
from mappings.live import check_live
from mappings.loader import Reading
from mappings.problems import Problem
from mappings.reference_text import fields_named
from stages.pair import Pair, field_specs


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: problems and warnings in the order of the file, and the organisation that answered."""

    problems: tuple[Problem, ...]
    organisation: Organisation
    to_create: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Nothing keeps the pair from working."""
        return all(problem.warning for problem in self.problems)


def check(pair: Pair, mapping: Reading) -> Checked:
    """Hold the mapping against both accounts, read live. Fields that the deal lacks are created by the first run.

    In a CRM where only a person can create them they are problems.
    """
    pair.read_settings_again()
    books = pair.books()
    stages = {p.label: tuple(p.stages.values()) for p in pair.pipelines()}
    told = field_specs(pair.rules.write_back)
    read = [FieldSpec(name, name, "text") for name in fields_named(pair.rules)]
    missing = {spec.name for spec in pair.crm.missing_fields([*told, *read])}
    to_create = [spec.name for spec in told if spec.name in missing and pair.crm.makes_fields]
    lacking = sorted(missing - set(to_create))
    named = bool(pair.rules.crm.customer_fields.named())
    own = pair.crm.own_fields("company") | pair.crm.own_fields("person") if named else frozenset[str]()
    people = pair.crm.owners(None) if any(rule.owners for rule in pair.rules.invoices) else {}
    called = [*people.values(), *people]
    marks = any(p.won for p in pair.pipelines())
    payers = [CustomerRef("company", r.payer) for r in pair.rules.invoices if r.payer and not is_field(r.payer)]
    there = {old for each in pair.crm.customers(payers) for old in (each.ref.id, *each.merged_ids)} if payers else set()
    unknown = [ref.id for ref in payers if ref.id not in there]
    crm = CrmSide(stages, lacking, pair.crm.makes_fields, called, own, marks, unknown)
    can = {"tells_rhythm": pair.crm.tells_rhythm, "takes_notes": pair.crm.takes_notes}
    crm = replace(crm, files_need=pair.crm.files_need, gives_files=pair.crm.gives_files, **can)
    found = check_live(pair.rules, books, crm, places=mapping.places, file=mapping.file)
    problems = sorted({*mapping.problems, *found}, key=lambda p: (p.line, p.column, p.sentence))
    return Checked(tuple(problems), books.organisation, tuple(to_create))
