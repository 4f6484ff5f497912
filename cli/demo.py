"""The demo: an Australian studio wins deals in its CRM, and its books in Xero follow by themselves."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from cli.hooks import HOOKS_PORT, NAMES, hooks
from cli.playground import Playground
from cli.processes import NotUp, ended_by_signals, free_port
from cli.show import money_table, title
from cli.up import Running, prefect_on_this_machine, start_desk, start_receiver
from domain.money import show
from ledger import audit, reviews
from stages import answering
from stages.opening import opened
from stages.pair import Pair
from stages.sync_back import STAGE
from tasks.wake import Server, wake

PATIENCE = 120.0  # seconds for one act
WON = ("Brand refresh", "Portfolio site", "Membership site", "Online store", "Course platform", "CMS licence")
ASKED = ("Investor deck", "Team days in Manjimup")
LOST = "Clinic wayfinding"
Deals = Mapping[str, dict[str, Any]]


def tell(console: Console, home: Path, *, once: bool, crm: str = "hubspot") -> int:
    """Tell the story; 0 when its end was checked and is right. Raises ``NotUp``."""
    home = home.resolve()
    _empty(home)
    playground = Playground(free_port(4210), home, crm)
    console.print(f"[bold]Harbourline Studio[/] sells in {NAMES[crm]} and keeps its books in Xero.")
    console.print("Both are doubles here: nothing leaves this machine.\n")
    with (
        ended_by_signals(),
        suppress(KeyboardInterrupt),
        prefect_on_this_machine(
            home,
            pairs=[playground.pair],
            environment=playground.environment(),
            programs=[playground.program(dict(os.environ))],
            console=console,
        ) as running,
        opened(playground.pair, playground.settings()) as pair,
    ):
        door = free_port(HOOKS_PORT)
        addresses = hooks(playground.pair, playground.settings(), door)
        start_receiver(running, playground.environment(), door)
        playground.tell({system: hook.url for system, hook in addresses.items()})
        console.print("[green]✓[/] Both systems send their webhooks to us")
        desk = start_desk(running, playground.environment(), [playground.pair])
        console.print(f"\n[bold]The desk: {desk}[/]\nOpen it: what happens below shows there too.")
        story = _Story(console, playground, running, pair, desk)
        wrong = story.run()
        if once:
            return len(wrong)
        console.print("\nPlay on: win, edit and un-win deals, approve, pay and void invoices. Ctrl-C ends everything.")
        story.follow()
    return 0


def _empty(home: Path) -> None:
    """Start afresh, but never delete a folder that isn't an earlier demo's."""
    if home.exists() and any(home.iterdir()):
        if not (home / "ledger.db").exists() and not (home / "logs").exists():
            raise NotUp(f"{home} is not empty and was not made by the demo. Choose another folder with --home.")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)


@dataclass(slots=True)
class _Story:
    """The acts of the demo, and what is printed while they happen."""

    console: Console
    playground: Playground
    running: Running
    pair: Pair
    desk: str
    seen: int = 0
    names: dict[str, str] = field(default_factory=dict[str, str])

    def run(self) -> list[str]:
        """All acts, the table, and what is wrong at the end (nothing, or a sentence each)."""
        self._act(f"Eight deals are won in {self._crm}", [*WON, *ASKED], self._all_settled)
        self._act("Xero's answer to the next invoice is lost on the way: still one invoice", [LOST], self._lost_found)
        self._answer()
        self._pay()
        deals = self.deals()
        self.console.print(self._rule("How it stands"))
        self.console.print(money_table(deals.values()))
        self._addresses()
        wrong = self._wrong(deals)
        for sentence in wrong:
            self.console.print(f"[red]Not as it should be:[/] {escape(sentence)}")
        if not wrong:
            self.console.print("\n[green]Checked: one invoice per deal, totals equal, payments on the deals.[/]")
        return wrong

    def _act(self, heading: str, winning: Sequence[str], until: Callable[[Deals], bool]) -> None:
        self.console.print(self._rule(heading))
        deals = self.deals()
        if LOST in winning:
            self.playground.arm(system="xero", method="PUT", path="*/Invoices", kind="lose answer")
        for name in winning:
            self.playground.act("crm", "win", deals[name]["id"])
        self._watch(until)

    def _all_settled(self, deals: Deals) -> bool:
        with self.pair.ledger.read() as session:
            asked = len(reviews.opened(session, self.pair.name))
        return asked == len(ASKED) and all(deals[name]["fields"].get("xero_invoice_number") for name in WON)

    def _lost_found(self, deals: Deals) -> bool:
        return bool(deals[LOST]["fields"].get("xero_invoice_number"))

    def _answer(self) -> None:
        self.console.print(self._rule("A person says which of two look-alikes it is"))
        with self.pair.ledger.read() as session:
            item = next(i for i in reviews.opened(session, self.pair.name) if i.kind == "customer_unclear")
        choice = next(c for c in reviews.question_of(item).choices if c.id.startswith("use:"))
        self.console.print(f"  {escape(title(reviews.question_of(item)))}\n  → {escape(choice.label)}")
        answering.answer(self.pair, item.id or 0, choice.id, by="demo")
        wake(self.pair.name, "deals", Server(self.running.api_url))
        self._watch(lambda deals: bool(deals["Investor deck"]["fields"].get("xero_invoice_number")))

    def _pay(self) -> None:
        self.console.print(self._rule("Customers pay: two in full, one in part"))
        invoice = {i["number"]: i["id"] for i in self.playground.state()["invoices"]}
        number = {name: deal["fields"].get("xero_invoice_number", "") for name, deal in self.deals().items()}
        self.playground.act("xero", "pay", invoice[number["Brand refresh"]])
        reversed_ = self.playground.act("xero", "pay", invoice[number["Membership site"]])
        self.playground.act("xero", "pay", invoice[number["Online store"]], "5000.00")
        paid = ("Brand refresh", "Membership site")
        self._watch(
            lambda deals: (
                all(deals[n]["stage"] == "Paid" for n in paid) and _told_paid(deals["Online store"], "5000.00")
            ),
        )
        self.console.print(self._rule("One payment bounces: the deal is unpaid again"))
        self.playground.act("xero", "remove_payment", reversed_)
        self._watch(lambda deals: deals["Membership site"]["stage"] == "Closed won")

    def deals(self) -> Deals:
        """The deals by name, each with its invoice where it has one."""
        state = self.playground.state()
        invoices = [i for i in state["invoices"] if i["status"] not in {"DELETED", "VOIDED"}]
        deals = {deal["name"]: deal for deal in state["deals"]}
        for deal in deals.values():
            deal["invoices"] = [i for i in invoices if i["marker"].startswith(f"{deal['url']}?")]
            self.names[deal["id"]] = deal["name"]
        return deals

    def _watch(self, until: Callable[[Deals], bool]) -> None:
        """Print what happens until it has come to its end. Raises ``NotUp`` when it does not."""
        deadline = time.monotonic() + PATIENCE
        with self.console.status("The flows are at work"):
            while not until(self.deals()):
                self._print_news()
                if time.monotonic() > deadline:
                    raise NotUp(f"This took longer than {PATIENCE:.0f} seconds. The logs: {self.running.data_dir}/logs")
                time.sleep(0.5)
        self._print_news()

    def follow(self) -> None:
        """Print what happens from now on, until interrupted."""
        while True:
            self._print_news()
            threading.Event().wait(0.75)

    def _print_news(self) -> None:
        with self.pair.ledger.read() as session:
            news = audit.since(session, self.pair.name, self.seen)
            asked = {item.id: title(reviews.question_of(item)) for item in reviews.opened(session, self.pair.name)}
        # Looked up after the news: they are to show what it tells of.
        by_id = {deal["id"]: deal for deal in self.deals().values()} if news else {}
        for entry in news:
            self.seen = entry.seq
            details = json.loads(entry.details)
            deal = entry.subject.removeprefix("deal:")
            if entry.event == "asked":
                self.console.print(f"  [yellow]? {escape(asked.get(details['item'], ''))}[/]")
            elif line := _line(entry.event, details, by_id.get(deal, {})):
                self.console.print(f"  {escape(self.names.get(deal, entry.subject))} → {line}")

    def _addresses(self) -> None:
        self.console.print(f"\n{'The desk; one question is still open':38} {self.desk}/questions")
        self.console.print(f"The runs, their tables and schedules   {self.running.ui_url}")
        self.console.print(f"{f'{self._crm} and Xero to play with':38} {self.playground.url}")
        self.console.print("The same from the command line, in another terminal:")
        shell_file = self.playground.shell_file()
        shown = shell_file.relative_to(Path.cwd()) if shell_file.is_relative_to(Path.cwd()) else shell_file
        self.console.print(f"  . {shown}; .venv/bin/wonbooks review list {self.pair.name}", soft_wrap=True)

    def _wrong(self, deals: Deals) -> list[str]:
        """What the end of the story says otherwise than it should."""
        wrong: list[str] = []
        for name in (*WON, LOST, "Investor deck"):
            found = deals[name]["invoices"]
            if len(found) != 1:
                wrong.append(f"{name} has {len(found)} invoices.")
            elif deals[name]["fields"].get("xero_invoice_number") != found[0]["number"]:
                wrong.append(f"{name} does not show its invoice's number.")
            elif Decimal(found[0]["Total"]) - Decimal(found[0]["TotalTax"]) != Decimal(deals[name]["amount"]):
                wrong.append(f"{name} is invoiced at {found[0]['Total']}, not for {deals[name]['amount']} and GST.")
        if deals["Team days in Manjimup"]["invoices"]:
            wrong.append("Team days in Manjimup was invoiced without an account for its product.")
        for name, stage in (("Brand refresh", "Paid"), ("Membership site", "Closed won")):
            if deals[name]["stage"] != stage:
                wrong.append(f"{name} stands in {deals[name]['stage']}, not in {stage}.")
        return wrong

    @property
    def _crm(self) -> str:
        return NAMES[self.playground.crm]

    def _rule(self, heading: str) -> str:
        return f"\n[bold]{heading}[/]"


def _told_paid(deal: dict[str, Any], amount: str) -> bool:
    return deal["fields"].get("xero_amount_paid") == amount


def _line(event: str, details: dict[str, Any], deal: dict[str, Any]) -> str:
    """One audit entry as people say it; empty for what isn't worth a line."""

    def money(name: str) -> str:
        return show(Decimal(details[name]), details.get("currency", "AUD"))

    match event:
        case "decided":
            return f"{escape(deal.get('customer', ''))}, {details['matched']}"
        case "invoice approved" | "invoice left as draft":
            state = "approved" if event == "invoice approved" else "a draft"
            return f"[green]{details['number']}[/] {state}, {money('total')} with {money('tax')} GST"
        case "invoice changed" if Decimal(details["paid"]) > 0:
            return f"{details['invoice']}: {money('paid')} paid, {money('due')} due"
        case "deal told" if STAGE in details:
            return f"[cyan]the deal is in {escape(deal.get('stage', 'another stage'))}[/]"
        case _:
            return ""
