"""A mapping is read as its writer meant it, or every mistake in it is named with its line and what to write instead."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from domain.rules import Rules
from mappings.loader import MappingError, find_mapping, load_rules, read_mapping, version_of
from tests.support.mappings import SOUND, changed, reading_of

# Lines of the sound mapping.
CREATE, REFERENCE, LICENCE = 12, 15, 23


def sound(folder: Path, text: str) -> Rules:
    reading = reading_of(folder, text)
    assert reading.rules is not None, [str(problem) for problem in reading.problems]
    return reading.rules


def mistakes(folder: Path, text: str | bytes) -> list[tuple[int, str]]:
    reading = reading_of(folder, text)
    assert reading.rules is None
    return [(problem.line, f"{problem.sentence} {problem.hint}".strip()) for problem in reading.problems]


KEY = "  credentials: acme-hubspot"
TRACKED = "[{category: A, option: a}, {category: B, option: b}, {category: C, option: c}]"
MONTHLY = "consolidate: by customer and month"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("milestone: deposit", "What of the deal this milestone takes isn't said."),
        ("takes: 30%", "A share of a deal needs a milestone's name."),
        ("milestone: deposit\n    takes: a third", '"a third" is no share of a deal.'),
        (f"milestone: deposit\n    takes: 30%\n    {MONTHLY}", "Deals that are consolidated are invoiced whole."),
        (
            f"{MONTHLY}\n  - pipeline: Old\n    stage: Won\n    {MONTHLY}\n    create: submitted",
            'The entry on line 10 makes the same invoices, and says otherwise under "create".',
        ),
        ("payer: insurer", "The entry on line 10 works on the same invoice, and bills insurer."),
        ("milestone: deposit\n    takes: 30%", "One milestone of a pipeline has to take the rest."),
    ],
)
def test_a_milestone_that_makes_no_sense_is_said(tmp_path: Path, more: str, said: str) -> None:
    text = changed(("    create: draft\n", f"    create: draft\n    {more}\n"))
    assert said in [problem.sentence for problem in reading_of(tmp_path, text).problems]


def test_any_stage_is_taken_with_a_field_to_go_by_and_not_without(tmp_path: Path) -> None:
    alone = changed(("stage: Closed won", "stage: any"))
    assert mistakes(tmp_path, alone)[0][1].startswith("Any stage would make an invoice of every open deal.")
    only = "stage: any\n    only if:\n      - {field: bill_now, one of: [yes]}"
    assert sound(tmp_path, changed(("stage: Closed won", only))).invoices[0].stage == "any"


def test_a_sound_mapping_is_read_whole(tmp_path: Path) -> None:
    rules = sound(tmp_path, SOUND)
    assert rules.pair == "acme"
    assert [rule.create for rule in rules.invoices] == ["draft", "authorised"]
    assert rules.contacts.match_by == ("tax number", "email")
    assert rules.write_back.invoice_number == "xero_number"


@pytest.mark.parametrize("word", ["on", "no", "null", "~", "1_000", "2026-07-01", "0x1f", "1e3", ".5", "12:30"])
def test_every_answer_is_text(tmp_path: Path, word: str) -> None:
    assert sound(tmp_path, changed(("stage: Closed won", f"stage: {word}"))).invoices[0].stage == word


def test_account_codes_keep_their_zeros(tmp_path: Path) -> None:
    assert sound(tmp_path, SOUND).products[1].account_code == "0210"


@pytest.mark.parametrize(
    ("written", "meant"), [("10000.00", "10000.00"), ("10,000", "10000"), ("$1,250.50", "1250.50")]
)
def test_amounts_are_read_as_people_write_them(tmp_path: Path, written: str, meant: str) -> None:
    rules = sound(tmp_path, changed(("create: draft", f"create: draft\n    ask above: {written}")))
    assert rules.invoices[0].ask_above == Decimal(meant)


def test_a_setting_without_an_answer_counts_as_left_out(tmp_path: Path) -> None:
    text = changed(
        ("create: draft", "create: draft\n    ask above:"), ('    reference: "{{ deal.name }}"', "    reference:")
    )
    first = sound(tmp_path, text + "review:\n").invoices[0]
    assert (first.ask_above, first.reference) == (None, "{{ deal.name }}")


def test_windows_files_are_read_like_any_other(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode()
    assert reading_of(tmp_path, text).rules is not None


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("pipeline: New", "pipline: New", 10, 'no setting "pipline" in entry 1 of "invoices". Did'),
        ("write back:", "write_back:", 26, 'Did you mean "write back"?'),
        ("create: draft", "create: drafft", 12, '"drafft". Did you mean "draft"? It is one of "draft", "submitted"'),
        ("create: draft", "create:", 12, '"create" in entry 1 of "invoices" has no answer.'),
        ("    create: draft\n", "", 10, "Add the line `create: draft` (or submitted or authorised)"),
        ("create: draft", "create: [draft]", 12, "wants a single text, not a list"),
        ("create: draft", "create: {a: b}", 12, "wants a single text, not settings of its own"),
        ("[tax number, email]", "email", 25, "is a list. Write it in brackets: match by: ["),
        ("[tax number, email]", "[tax numer]", 25, 'Did you mean "tax number"?'),
        ("stage: Closed won", 'stage: ""', 11, '"stage" in entry 1 of "invoices" is empty.'),
        ("stage: Closed won", "stage: a\n    stage: b", 12, '"stage" is given twice here; the first is on line 11'),
        ("    create: draft", "create: draft", 13, "doesn't line up with the others"),
        ("    create: draft", "   create: draft", 12, "doesn't line up with the ones above it"),
        ("    create: draft", "\tcreate: draft", 12, "indented with a tab. Use spaces"),
        ('"{{ deal.name }}"', "{{ deal.name }}", 15, "begins with { must stand in quotes"),
        ('"{{ deal.name }}"', "{{ deal.name }} x", 15, "Put quotes around all of it"),
        ('"{{ deal.name }}"', '"{{ deal.nmae }}"', 15, 'A deal has no "nmae" here. Did you mean "name"?'),
        ('"{{ deal.name }}"', '"{{ deal.name"', 15, "Braces come in pairs"),
        ("pipeline: New business", "pipeline: *", 10, "begins with * must stand in quotes"),
        ("pipeline: New business", "pipeline: *new", 10, "begins with * must stand in quotes"),
        ("pipeline: New business", "pipeline: &new x", 10, "begins with & must stand in quotes"),
        ("pipeline: New business", "pipeline: !new", 10, "begins with ! must stand in quotes"),
        ("pipeline: New business", "pipeline: @new", 10, "may not begin with this sign"),
        ("pipeline: New business", "pipeline: New: one", 10, "a second colon on this line"),
        ("pipeline: New business", 'pipeline: "New', 10, "A quote is opened here and not closed"),
        ("pipeline: New business", "pipeline: New\u00a0one", 10, "It is a no-break space"),
        ("pipeline: New business", "pipeline: \u202eNew", 10, "It is a right-to-left override"),
        ("pair: acme", "pair: Acme Ltd", 1, '"Acme Ltd" can\'t be the name of a pair'),
        ("pair: acme", "pair: acm", 1, 'The pair is called "acm", its file "acme.yaml"'),
        ("due: 14 days after the invoice date", "due: soon", 14, "Write one of: 14 days"),
        ("create: draft", "ask above: lots\n    create: draft", 12, '"lots" isn\'t an amount'),
        ("create: draft", "ask above: 1,50\n    create: draft", 12, '"1,50" isn\'t an amount'),
        ("create: draft", "ask above: NaN\n    create: draft", 12, '"NaN" isn\'t an amount'),
        ("create: draft", "ask above: -1\n    create: draft", 12, "can't be less than nothing"),
        ("create: draft", 'po number needed by: ["City *"]\n    create: draft', 12, "Nothing says where the purchase"),
        ("create: draft", "takes: 9%\n    milestone: 2nd!\n    create: draft", 13, "can't be the name of a milestone"),
        ("create: draft", 'payer: "-5"\n    create: draft', 12, "neither a field of the deal nor a company's id"),
        ("create: draft", f"tracking: {TRACKED}\n    create: draft", 12, '"tracking" in entry 1 of "invoices" has too'),
        (KEY, f"{KEY}\n  customer fields:\n    stop after: soon\n    on stop: s", 7, '"soon" isn\'t a whole number'),
        (
            f"{KEY}",
            f"{KEY}\n  customer fields: {{on hold: x, on stop: x, stop after: 30}}",
            6,
            'both "on hold" and "on',
        ),
        ("create: draft", "ask above: 0.001\n    create: draft", 12, "more than two decimals"),
        ("xero_due", "Amount due", 28, "Give the field's internal name"),
        ("xero_due", "XERO_number", 28, 'given to both "invoice number" and "amount due"'),
        (
            "Renewals\n    stage: Renewed",
            "new business\n    stage: CLOSED WON",
            16,
            "have an entry already, on line 10",
        ),
        ("contacts:\n  match by", "contacts: x\nmatch by", 24, '"contacts" has settings of its own'),
        ("contacts:\n  match by", "match by", 24, 'It belongs in "contacts": check'),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_remedy(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    said = dict(mistakes(tmp_path, changed((old, new))))
    assert words in said.get(line, ""), said


@pytest.mark.parametrize(("there", "lacking"), [("on stop: s", "stop after"), ("stop after: 30", "on stop")])
def test_what_says_who_is_on_stop_is_mentioned_where_it_can_say_nothing(
    tmp_path: Path, there: str, lacking: str
) -> None:
    [note] = reading_of(tmp_path, changed((KEY, f"{KEY}\n  customer fields:\n    {there}"))).problems
    assert note.warning
    assert f'is nothing without "{lacking}"' in note.sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "The file is empty."),
        (b"  \n\n", "The file is empty."),
        (b"# just a note\n", "nothing but notes"),
        (b"hello", "doesn't consist of settings"),
        (b"- a\n- b\n", "doesn't consist of settings"),
        (b"pair: acme\nname: Caf\xe9\n", "isn't plain UTF-8"),
        (SOUND.encode("utf-16"), "isn't plain UTF-8"),
        (b"pair: acme\x07\n", "no keyboard types"),
        (b"# " + b"x" * 300_000, "larger than 256 KB"),
        (b"a: " + b"[" * 5000, "Too many brackets"),
        (SOUND.encode() + b"---\npair: acme\n", 'A second file begins here with "---"'),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(tmp_path: Path, text: bytes, words: str) -> None:
    said = mistakes(tmp_path, text)
    assert [words in sentence for _, sentence in said] == [True], said


def test_shorthand_that_would_grow_without_end_is_not_followed(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
    )
    assert any("must stand in quotes" in sentence for _, sentence in mistakes(tmp_path, bomb))


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = changed(
        ("create: draft", "create: drafft"), ("system: hubspot", "system: hupspot"), ("xero_due", "xero due")
    )
    found = mistakes(tmp_path, text.replace("due: 20 of the following month", "due: some day"))
    assert [line for line, _ in found] == sorted(line for line, _ in found)
    assert len(found) == 4


def test_a_misspelt_setting_is_not_reported_as_missing_too(tmp_path: Path) -> None:
    assert len(mistakes(tmp_path, changed(("organisation:", "organization:")))) == 1


def test_an_empty_group_names_everything_it_needs(tmp_path: Path) -> None:
    said = " ".join(sentence for _, sentence in mistakes(tmp_path, "{}"))
    for name in ('"pair"', '"crm"', '"xero"', '"invoices"'):
        assert f"has no {name}" in said


def test_mistakes_of_meaning_are_told_beside_those_of_form(tmp_path: Path) -> None:
    said = mistakes(
        tmp_path, changed(("create: draft", "create: maybe"), ('"{{ deal.name }}"', '"{{ customer.nme }}"'))
    )
    assert [line for line, _ in said] == [CREATE, REFERENCE]


@pytest.mark.parametrize(
    "reference",
    [
        "{% for x in range(9) %}{{ deal.name }}{% endfor %}",
        "{{ deal.name * 1000000 }}",
        "{{ ''.__class__ }}",
        "{{ deal.name.__class__ }}",
        "{{ deal.name.upper() }}",
        "{{ deal['name'] }}",
        "{{ deal.fields }}",
        "{{ deal }}",
        "{{ deal.closed_on.weekday }}",
        "{{ deal.name | attr('x') }}",
        "{{ deal.name | truncate('x') }}",
        "{{ other }}",
    ],
)
def test_a_reference_says_facts_and_does_nothing_else(tmp_path: Path, reference: str) -> None:
    assert mistakes(tmp_path, changed(("{{ deal.name }}", reference)))


@pytest.mark.parametrize(
    "reference",
    [
        "Renewal {{ deal.closed_on.year }}: {{ deal.name }}",
        "{{ customer.name | upper }}",
        "{% if deal.fields.po %}PO {{ deal.fields.po }}{% else %}{{ deal.id }}{% endif %}",
        "{{ deal.fields.items }}",
        "plain words",
    ],
)
def test_a_sensible_reference_is_taken(tmp_path: Path, reference: str) -> None:
    assert sound(tmp_path, changed(("{{ deal.name }}", reference)))


@pytest.mark.parametrize(
    ("above", "below", "covered"),
    [
        ("*", "LICENCE", True),
        ("CONSULT-*", "consult-day", True),
        ("CONSULT-*", "CONSULT-*-NSW", True),
        ("*-DAY", "CONSULT-*", False),
        ("CONSULT-*-NSW", "CONSULT-*", False),
        ("LICENCE", "LICENCE-2", False),
        ("A*B*C", "AXB*C", True),
        ("a.c", "abc", False),
    ],
)
def test_a_product_line_that_is_never_used_is_warned_of(
    tmp_path: Path, above: str, below: str, *, covered: bool
) -> None:
    reading = reading_of(tmp_path, changed(("CONSULT-*", above), ("product: LICENCE", f'product: "{below}"')))
    assert reading.rules is not None
    warned = [problem for problem in reading.problems if problem.warning]
    assert [problem.line for problem in warned] == ([LICENCE] if covered else [])


def test_load_rules_raises_all_mistakes_as_one_error(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(changed(("create: draft", "create: drafft"), ("pair: acme", "pair: ACME")))
    with pytest.raises(MappingError) as raised:
        load_rules(path)
    assert len(raised.value.problems) == 2
    assert str(raised.value).splitlines()[0].startswith(f'{path}, line 1: "ACME" can\'t be the name of a pair.')


def test_a_warning_does_not_keep_a_mapping_from_being_used(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(changed(("CONSULT-*", "*")))
    assert load_rules(path).pair == "acme"


def test_a_file_that_is_not_there_is_a_mistake_like_any_other(tmp_path: Path) -> None:
    reading = read_mapping(tmp_path / "acme.yaml")
    assert reading.rules is None
    assert "can't be read" in reading.problems[0].sentence


def test_a_pair_is_found_by_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").touch()
    (tmp_path / "other.yml").touch()
    assert find_mapping("acme", tmp_path) == tmp_path / "acme.yaml"
    assert find_mapping("other", tmp_path) == tmp_path / "other.yml"


@pytest.mark.parametrize("pair", ["../acme", "acme.yaml", "", "ACME"])
def test_a_pair_that_is_no_file_here_is_not_found(tmp_path: Path, pair: str) -> None:
    (tmp_path / "acme.yaml").touch()
    with pytest.raises(MappingError, match="There is no mapping for"):
        find_mapping(pair, tmp_path)


def test_an_unknown_pair_is_told_which_there_are(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").touch()
    (tmp_path / "harbourline.yaml").touch()
    with pytest.raises(MappingError, match='Did you mean "harbourline"'):
        find_mapping("harborline", tmp_path)
    with pytest.raises(MappingError, match='There is: "acme" and "harbourline"'):
        find_mapping("zzz", tmp_path)
    with pytest.raises(MappingError, match="Copy mappings/examples"):
        find_mapping("acme", tmp_path / "nowhere")


def test_a_version_changes_with_the_file_and_only_with_it(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, SOUND)
    assert reading.version == version_of(tmp_path / "acme.yaml") == reading_of(tmp_path, SOUND).version
    assert reading_of(tmp_path, SOUND + "# note\n").version != reading.version
