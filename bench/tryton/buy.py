"""Tryton's side of bench.erp: a program of its own, started in a virtual environment that has Tryton and nothing of Chain.

The first line of its standard input says in JSON what to make: a company, a chart of accounts, suppliers and a product in an empty
database whose modules are there. It prints its version. Each further line, `single` or `batch`, is a round: it buys lots that way
and prints the seconds; at the end of the input it sees that all is there. Every lot is a purchase of one line from one
supplier: quoted, confirmed and processed, its shipment received and done, its invoice posted.
"""

import importlib
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

#: Tryton's own helpers that set up a company, as its documented scenarios use them.
TOOLS = {
    "company": "trytond.modules.company.tests.tools",
    "account": "trytond.modules.account.tests.tools",
    "invoice": "trytond.modules.account_invoice.tests.tools",
}
PRICE = Decimal("18.5000")
TODAY = datetime.now(UTC).date()
Lot = tuple[int, float]


def set_up(suppliers: int) -> dict[str, Any]:
    """Make the company and what it buys by; return the ids that a purchase needs."""
    model = importlib.import_module("proteus").Model
    tools = {name: importlib.import_module(path) for name, path in TOOLS.items()}
    tools["company"].create_company()
    tools["account"].create_chart()
    year = tools["invoice"].set_fiscalyear_invoice_sequences(tools["account"].create_fiscalyear(today=TODAY))
    year.click("create_period")
    accounts = tools["account"].get_accounts()
    term = tools["invoice"].create_payment_term()
    term.save()
    category = model.get("product.category")(name="Fibre", accounting=True)
    category.account_expense, category.account_revenue = accounts["expense"], accounts["revenue"]
    category.save()
    (kilogram,) = model.get("product.uom").find([("symbol", "=", "kg")])
    template = model.get("product.template")(name="Alpaca fibre", default_uom=kilogram, type="goods")
    template.purchasable, template.list_price = True, PRICE
    template.cost_price_method, template.account_category = "fixed", category
    template.save()
    party = model.get("party.party")
    parties = [party(name=f"Productora {number:04d}") for number in range(suppliers)]
    party.save(parties)
    (company,) = model.get("company.company").find()
    return {
        "company": company.id,
        "product": template.products[0].id,
        "unit": kilogram.id,
        "term": term.id,
        "parties": [one.id for one in parties],
    }


def buy_as_client(facts: dict[str, Any], lots: Sequence[Lot]) -> None:
    """Buy lot by lot as a client does: each button is a call with a transaction of its own."""
    model = importlib.import_module("proteus").Model
    purchases, shipments, moves = (
        model.get(name) for name in ("purchase.purchase", "stock.shipment.in", "stock.move")
    )
    party, product = model.get("party.party"), model.get("product.product")(facts["product"])
    term = model.get("account.invoice.payment_term")(facts["term"])
    for supplier, kilograms in lots:
        purchase = purchases(party=party(supplier), payment_term=term)
        purchase.invoice_method = "order"
        line = purchase.lines.new()
        line.product, line.quantity, line.unit_price = product, kilograms, PRICE
        purchase.click("quote")
        purchase.click("confirm")
        shipment = shipments(supplier=party(supplier))
        for move in purchase.moves:
            shipment.incoming_moves.append(moves(id=move.id))
        shipment.save()
        shipment.click("receive")
        shipment.click("do")
        (invoice,) = purchase.invoices
        invoice.invoice_date = TODAY
        invoice.click("post")


class Server:
    """Buying inside the server: each step takes all lots of a batch at once, in one transaction."""

    def __init__(self, database: str, user: int, facts: dict[str, Any]) -> None:
        self.database, self.user, self.facts = database, user, facts
        transactions = importlib.import_module("trytond.transaction")
        self.transaction, self.again = transactions.Transaction, transactions.TransactionError
        self.pool = importlib.import_module("trytond.pool").Pool(database)
        self.run_task = importlib.import_module("trytond.worker").run_task

    def get(self, name: str) -> Any:
        """Return a model of Tryton."""
        return self.pool.get(name)

    def in_transaction(self, work: Any) -> list[int]:
        """Do one step, commit it, and do the tasks it queued, as the server does without a worker; return ids."""
        extras: dict[str, Any] = {"context": {"company": self.facts["company"]}}
        while True:
            with self.transaction().start(self.database, self.user, **extras) as transaction:
                try:
                    found: list[int] = work()
                except self.again as error:  # it asks for locks that a transaction must take at its start
                    transaction.rollback()
                    error.fix(extras)
                    continue
                transaction.commit()
                tasks = list(transaction.tasks)
                transaction.tasks.clear()
            break
        for task in tasks:
            self.run_task(self.pool, task)
        return found

    def buy(self, lots: Sequence[Lot]) -> None:
        """Buy a batch."""
        ids = self.in_transaction(lambda: self._order(lots))
        self.in_transaction(lambda: self._receive(ids))
        self.in_transaction(lambda: self._invoice(ids))

    def _order(self, lots: Sequence[Lot]) -> list[int]:
        purchases, lines, parties = (
            self.get(name) for name in ("purchase.purchase", "purchase.line", "party.party")
        )
        product, made = self.get("product.product")(self.facts["product"]), []
        for supplier, kilograms in lots:
            purchase = purchases(party=parties(supplier), payment_term=self.facts["term"])
            purchase.on_change_party()
            purchase.payment_term, purchase.invoice_method = self.facts["term"], "order"
            line = lines(type="line", purchase=purchase, product=product, unit=self.facts["unit"])
            line.quantity = kilograms
            line.on_change_product()
            line.unit_price = PRICE
            purchase.lines = [line]
            made.append(purchase)
        purchases.save(made)
        purchases.quote(made)
        purchases.confirm(made)
        purchases.process(made)
        return [one.id for one in made]

    def _receive(self, ids: Sequence[int]) -> list[int]:
        shipments = self.get("stock.shipment.in")
        made = []
        for purchase in self.get("purchase.purchase").browse(ids):
            shipment = shipments(supplier=purchase.party)
            shipment.on_change_supplier()
            shipment.warehouse = purchase.warehouse
            shipment.on_change_warehouse()
            shipment.incoming_moves = list(purchase.moves)
            made.append(shipment)
        shipments.save(made)
        shipments.receive(made)
        shipments.do(made)
        return [one.id for one in made]

    def _invoice(self, ids: Sequence[int]) -> list[int]:
        invoices = self.get("account.invoice")
        found = [one for purchase in self.get("purchase.purchase").browse(ids) for one in purchase.invoices]
        for one in found:
            one.invoice_date = TODAY
        invoices.save(found)
        invoices.post(found)
        return [one.id for one in found]


def check(server: Server, lots: int) -> None:
    """See that every lot is bought, in stock, invoiced and in the books."""
    wanted = {
        "purchase.purchase": [
            ("invoice_state", "=", "awaiting payment"),
            ("shipment_state", "=", "received"),
        ],
        "stock.shipment.in": [("state", "=", "done")],
        "account.invoice": [("state", "=", "posted")],
        "account.move": [("state", "=", "posted")],
    }

    def count() -> list[int]:
        return [server.get(name).search(domain, count=True) for name, domain in wanted.items()]

    found = server.in_transaction(count)
    assert found == [lots] * len(wanted), dict(zip(wanted, found, strict=True))


def drawn(random: Random, parties: Sequence[int], count: int) -> list[Lot]:
    """Draw lots: each of another supplier."""
    return [(one, random.randint(200, 6_000) / 100) for one in random.sample(list(parties), count)]


def main() -> None:
    """Set up, buy a round for each line, check."""
    todo = json.loads(sys.stdin.readline())
    config = importlib.import_module("proteus").config.set_trytond(
        database=todo["database"], config_file=todo["config"]
    )
    single, batch = todo["single"], todo["batch"]
    facts = set_up(max(single, batch))
    server = Server(todo["database"], config.user, facts)
    random = Random(todo["seed"])
    warm = drawn(random, facts["parties"], 1)
    buy_as_client(facts, warm)
    server.buy(warm)
    bought = 2
    print(json.dumps(importlib.import_module("trytond").__version__), flush=True)
    for line in sys.stdin:
        lots = drawn(random, facts["parties"], single if line.strip() == "single" else batch)
        start = time.perf_counter()
        if line.strip() == "single":
            buy_as_client(facts, lots)
        else:
            server.buy(lots)
        print(json.dumps(time.perf_counter() - start), flush=True)
        bought += len(lots)
    check(server, bought)


if __name__ == "__main__":
    main()
