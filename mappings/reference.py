"""The reference of the mapping, written from the schema: ``python -m mappings.reference > docs/mapping.md``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

from pydantic.fields import FieldInfo

from domain.rules import REFERENCE_FACTS, Rule, Rules
from mappings import schema
from mappings.reference_text import DATES, FILTERS

_OPENING = """\
# The mapping: one file that says how your CRM and your Xero work together

One file describes one pair: a CRM account and a Xero organisation. It stands in `mappings/` and is named after the
pair, as `mappings/acme.yaml` for the pair `acme`. `mappings/examples/hubspot.yaml` is one to begin with.

- `wonbooks check acme` says whether the file makes sense, and whether every pipeline, stage, account, tax rate and
  field it names exists.
- `wonbooks rehearse acme` shows what would happen, and changes nothing anywhere.

## How it is written

- A setting is a name, a colon, a space and the answer: `create: draft`.
- Settings that belong together are indented by the same number of spaces; tabs are not allowed.
- Each entry of a list begins with a dash and a space. A short list may stand in brackets: `[email, name]`.
- What follows a `#` is a note for people.
- Every answer is text: `200`, `0210`, `on` and `2026-07-01` are what they look like. An answer needs quotes only if it
  begins with one of `* & ! { [ @ %` or a quote, or has `: ` or ` #` in it.
- A setting left out, or left without an answer, has the value in the column "left out". One without such a value must
  be there.

## The settings
"""

_SPLIT = """\
## One deal, several payers

Each payer is a milestone of its own, all of them where the deal is won. One takes the rest, so that the shares come to
the whole to the cent. Here the field `insurer` holds the id of the company that pays sixty per cent, and the deal's
customer pays what is left; `only if` can leave the first one out where nobody is insured. Where the share is another in
each deal, write `takes field: insurer_share` in place of `takes`: the field says how many per cent. Edited after
approval it is asked about like any change of the deal, payer after payer, and so is whatever makes the deal come to
another sum: nobody is invoiced the rest before it is settled what the others take. A per cent edited in the
mapping moves no approved invoice.

```yaml
invoices:
  - pipeline: New business
    stage: Closed won
    create: authorised
    milestone: insurer
    takes: 60%
    payer: insurer
    amounts are: tax exclusive
    due: 14 days after the invoice date
  - pipeline: New business
    stage: Closed won
    create: authorised
    milestone: customer
    takes: the rest
    amounts are: tax exclusive
    due: 14 days after the invoice date
```
"""

_MONTHS = """\
## Many deals, one invoice

What a customer buys in a month can be one invoice. A deal that is won waits for the end of its month, by the
organisation's calendar; then the invoice is made. It is dated the month's last day, and its lines name their deals.

```yaml
invoices:
  - pipeline: New business
    stage: Closed won
    create: authorised
    consolidate: by customer and month
    amounts are: tax exclusive
    due: 14 days after the invoice date
    reference: "Our work in {{ deal.name }}"     # here the name is that of the month: November 2026
```

Each deal is told the invoice's number and its own share of the total, of what is paid and of what is due; it moves to
Paid when the invoice is paid. A deal called off before that leaves, from a draft too; after approval a person is asked,
as about any invoice. A deal won too late goes on the next month's invoice. A deal that can't be booked asks by itself
and holds nobody up. Where several entries consolidate, they agree on everything but which deals they are for.
"""

_REFERENCE = """\
## What a reference may say

Text stands as it is; what stands in double braces is filled in, as in `"Renewal {{{{ deal.closed_on.year }}}}"`. What a
deal doesn't have comes out as nothing.

{facts}

`deal.fields` holds the deal's own fields by internal name: `{{{{ deal.fields.po_number }}}}`. A date has {dates}.

A part may depend on a fact: `{{% if deal.fields.po_number %}}PO {{{{ deal.fields.po_number }}}}{{% endif %}}`. A filter
after a bar changes a fact: `{{{{ deal.name | upper }}}}`. There are {filters}.
"""


def written() -> str:
    """The whole page, in Markdown."""
    facts = "\n".join(f"- {_listed(f'{name}.{fact}' for fact in REFERENCE_FACTS[name])}" for name in REFERENCE_FACTS)
    reference = _REFERENCE.format(facts=facts, dates=_listed(f".{part}" for part in DATES), filters=_listed(FILTERS))
    return "\n".join([_OPENING, *_group("", "", Rules), _SPLIT, _MONTHS, reference])


def _group(name: str, about: str, model: type[Rule]) -> Iterator[str]:
    """A table of one group's settings, then the groups beneath it."""
    if name:
        yield f"### {name}\n\n{about}\n"
    yield "| setting | answer | left out | what it does |\n| --- | --- | --- | --- |"
    for setting, field in schema.settings(model).items():
        yield f"| {setting} | {_answer(field)} | {_default(field)} | {_cell(field.description or '')} |"
    yield ""
    for setting, field in schema.settings(model).items():
        if inner := schema.group(field):
            yield from _group(setting, " ".join(inspect.cleandoc(inner.__doc__ or "").split()), inner)


def _answer(field: FieldInfo) -> str:
    if schema.group(field):
        return "entries, see below" if schema.is_list(field) else "settings, see below"
    words = schema.choices(field)
    if words:
        several = "any of " if schema.is_list(field) else ""
        return several + _listed(words)
    return f"text, as `{_cell(schema.example(field))}`"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be there"
    value = field.default
    if isinstance(value, tuple) and value:
        return f"`[{', '.join(map(str, value))}]`"
    if isinstance(value, str) and value:
        return f"`{_cell(value)}`"
    return ""


def _listed(words: Iterator[str] | tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(written())
