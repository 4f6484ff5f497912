"""The files of a deal on its approved invoice in Xero, where the mapping wants it: once, as they hang on it by then.

Before each try there is looked what is attached, so that none is attached twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath

from connectors.contract import HeldFile
from connectors.errors import Gone, Rejected, Unavailable
from domain.checking import APPROVED
from domain.consolidating import is_month
from domain.decision import Choice, Question
from domain.records import Invoice
from ledger import audit, outbox
from ledger.session import Session
from ledger.tables import Effect, Link
from stages import asking
from stages.pair import Pair
from stages.trying import carry_out

# https://developer.xero.com/documentation/api/accounting/attachments
MOST = 10
# A whole request to Xero stays below it: https://developer.xero.com/documentation/guides/oauth2/limits/
LARGEST = 3_500_000
_AWKWARD = frozenset('<>:"/\\|?*%#&+[]')


def intend(session: Session, pair: Pair, row: Link, deal_id: str, invoice: Invoice) -> None:
    """Intend it for this deal and invoice, unless it was intended before, whatever became of it."""
    if not (pair.rules.attaches and pair.crm.gives_files) or invoice.status not in APPROVED:
        return
    made = outbox.by_identity(session, [row.crm_id]).get(row.crm_id)
    if made is None or outbox.facts(made.why).get("attach", "never") == "never":
        return
    key = f"{outbox.ATTACHMENTS}:{deal_id}:{invoice.id}"
    plan = outbox.text_of({"invoice": invoice.id, "of": deal_id if is_month(row.deal_id) else ""})
    outbox.intend_once(session, pair.name, outbox.ATTACHMENTS, key, f"deal:{deal_id}", plan, pair.now())


def write(pair: Pair) -> None:
    """Attach what is due. Raises ``ConnectorError`` when a system stops us."""
    carry_out(pair, outbox.ATTACHMENTS, "Xero", partial(_attach, pair), partial(_done, pair))


def _attach(pair: Pair, effect: Effect) -> list[str]:
    """Attach the files that are not there yet; which could not be, and why."""
    plan, deal_id = outbox.facts(effect.plan), effect.subject.removeprefix("deal:")
    invoice = plan["invoice"]
    with pair.ledger.read() as session:
        own = {outbox.facts(e.plan)["name"] for e in outbox.of_subject(session, pair.name, effect.subject, outbox.PDF)}
    files = called([file for file in pair.crm.files_of(deal_id) if file.name not in own], plan.get("of", ""))
    there = pair.xero.attachments(invoice) if files else {}
    refused: list[str] = []
    for name, file in files.items():
        if there.get(name) == file.size:
            continue
        words = _no_room(name, file, there)
        if not words:
            try:
                pair.xero.attach(invoice, name, _whole(pair, file))
                there[name] = file.size
            except Rejected as refusal:
                words = " ".join(refusal.words)
            except Gone:
                words = "It is no longer there."
        if words:
            refused.append(f"{name}: {words}")
    return refused


def _whole(pair: Pair, file: HeldFile) -> bytes:
    """What is in a file. Raises ``Unavailable`` where not all of it came."""
    read = pair.crm.read_file(file)
    if len(read) != file.size:
        raise Unavailable(pair.crm.system, f"reading file {file.id}", f"{len(read)} of {file.size} bytes")
    return read


def called(files: Sequence[HeldFile], of: str = "") -> dict[str, HeldFile]:
    """The files by names that Xero takes, each another; ``of`` tells whose they are where an invoice is of several."""
    found: dict[str, HeldFile] = {}
    for file in sorted(files, key=lambda each: each.id):
        kept = "".join(c if c.isprintable() and c not in _AWKWARD else "-" for c in file.name).strip(" .") or "file"
        path, more = PurePosixPath(kept), 1
        path = path.with_name(f"{path.stem}, deal {of}{path.suffix}") if of else path
        name = path.name
        while name in found:
            more += 1
            name = f"{path.stem} ({more}){path.suffix}"
        found[name] = file
    return found


def _no_room(name: str, file: HeldFile, there: Mapping[str, int]) -> str:
    if name in there:
        return "Another file of this name is on the invoice."
    if not 0 < file.size < LARGEST:
        return "It is empty." if not file.size else "It is larger than the 3.5 MB that Xero takes."
    return f"The invoice has {MOST} attachments, and Xero takes no more." if len(there) >= MOST else ""


def _done(pair: Pair, effect: Effect, refused: Sequence[str]) -> None:
    with pair.ledger.write() as session:
        if not outbox.move(session, effect, "sending", "withdrawn" if refused else "posted"):
            return
        audit.record(session, pair.name, pair.now(), effect.subject, "files put on the invoice", {"not": len(refused)})
        if refused:
            invoice = outbox.facts(effect.plan)["invoice"]
            asking.ask_about_invoice(session, pair, not_attached(effect, refused), invoice)


def not_attached(effect: Effect, refused: Sequence[str]) -> Question:
    """Some files of the deal could not be attached to its invoice."""
    facts = {"words": " ".join(refused), "version": outbox.facts(effect.plan)["invoice"]}
    return Question("files_refused", effect.subject, facts, (Choice("leave", "I look after it in Xero"),))
