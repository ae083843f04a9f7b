"""List, slip, receipt, ledger, API and file name the same amounts, producer by producer, for every kind of run."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.dues.rules import DueKind
from chain.dues.services.movements import NewMovement, add_movement
from chain.settlement.fortnight.services.one_offs import add_bank_fee, add_income
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.services.terms import set_quota, set_reserve
from chain.settlement.models import SettlementRun
from chain.settlement.services.runs import prepare_gate_run
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.dairy import MARCH, add_producers, bring, set_four_prices, weigh, withhold_nothing
from tests.support.settling import (
    add_advance,
    add_fee,
    add_lot,
    add_members,
    add_price,
    book,
    prepare_fortnight,
    prepare_sale,
    sold_lots,
)

Prepare = Callable[[Session, Cast, datetime], SettlementRun]
MONDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 8)
#: Of a line, in the order of the file's columns.
FIGURES = ("goods_minor", "gross_minor", "fees_minor", "advances_minor", "additions_minor", "net_minor")
FIRST_AMOUNT = 6


def a_sale(session: Session, cast: Cast, now: datetime) -> SettlementRun:
    sale, members = sold_lots(session, [[10_001, 4_321], [7_777], [1_234]])
    add_fee(session, cast, now, 333)
    add_advance(session, cast, now, members[1], 9_999)
    return prepare_sale(session, cast, now, sale)


def a_period(session: Session, cast: Cast, now: datetime) -> SettlementRun:
    members = add_members(session, 3)
    for place, member in enumerate(members, 1):
        add_lot(session, member, 3_333 * place, commodity="raw-milk", day=MONDAY, state="registered")
    add_price(session, cast, now, 177, MARCH.first, MARCH.last)
    add_fee(session, cast, now, 333)
    add_advance(session, cast, now, members[0], 500)
    return prepare_fortnight(session, cast, now)


def a_gate(session: Session, cast: Cast, now: datetime) -> SettlementRun:
    members = add_members(session, 2)
    lots = [
        add_lot(session, member, 4_321, commodity="raw-milk", state="registered", day=MONDAY)
        for member in members
    ]
    add_price(session, cast, now, 177, MARCH.first, MARCH.last)
    add_fee(session, cast, now, 250)
    actor = cast.accountant.actor
    return prepare_gate_run(session, actor=actor, now=now, run_id=new_id(), lot_ids=[lot.id for lot in lots])


def a_milk_fortnight(session: Session, cast: Cast, now: datetime) -> SettlementRun:
    actor = cast.accountant.actor
    common: dict[str, Any] = {"actor": actor, "now": now}
    fat = {"parameter": "fat_pct", "basis": "point", "rate_minor": 20, "reference": "3.5"}
    set_four_prices(session, composition=[fat])
    withhold_nothing(session)
    add_fee(session, cast, now, 333)
    one, two, three = add_producers(session, 3)
    bring(session, one, MONDAY, 100.5, fat_pct="3.8")
    bring(session, two, MONDAY, 33.333, fat_pct="3.1")
    for producer in (one, two, three):
        bring(session, producer, SUNDAY, 7.777)
    weigh(session, actor, now, {MONDAY: 132_000})
    span: dict[str, Any] = {"valid_from": MARCH.first, "valid_to": MARCH.last}
    set_quota(session, quota_id=new_id(), producer_id=one, per_day_ml=80_000, **common, **span)
    set_reserve(
        session, reserve_id=new_id(), fraction_ppm=12_345, decided_by="Asamblea", **common,
        valid_from=MARCH.first, valid_to=None,
    )  # fmt: skip
    add_income(
        session, income_id=new_id(), producer_id=one, amount_minor=777, dated_on=MONDAY, name="Bono", **common
    )
    add_bank_fee(
        session, fee_id=new_id(), producer_id=two, amount_minor=250, dated_on=MONDAY, name="Banco", **common
    )
    debt = NewMovement(new_id(), two, DueKind.VET, 1_234_567, MONDAY, "Vacuna")
    add_movement(session, actor=actor, now=now, new=debt)
    return prepare_fortnight_run(session, run_id=new_id(), first_day=MARCH.first, **common)


@pytest.mark.parametrize("prepare", [a_sale, a_period, a_gate, a_milk_fortnight])
def test_every_place_names_the_same_amounts(
    client: ChainClient, session: Session, cast: Cast, now: datetime, prepare: Prepare
) -> None:
    run = book(session, cast, now, prepare(session, cast, now))
    path, api = f"/settlement/runs/{run.id}", f"/api/v1/settlement-runs/{run.id}"
    entry_path, headers = f"/api/v1/ledger/entries/{run.account_entry_id}", bearer(cast.treasurer)
    head = _json(client, api, headers)
    lines = _json(client, f"{api}/lines?page_size=100", headers)["items"]
    figures = {one["member_code"]: [one[name] for name in FIGURES] for one in lines}
    assert len(figures) == len(lines) > 1
    for name in ("goods_minor", "gross_minor", "additions_minor", "net_minor"):
        assert sum(one[name] for one in lines) == head[name], name
    for one in lines:
        slip = _json(client, f"{api}/lines/{one['id']}", headers)
        assert sum(item["amount_minor"] for item in slip["items"]) == one["net_minor"] >= 0

    receipts = _json(client, f"/api/v1/receipts?run_id={run.id}&page_size=100", headers)["items"]
    contents = [_json(client, f"/api/v1/receipts/{one['id']}", headers)["content"] for one in receipts]
    assert {one["party"]["member_code"]: (one["gross_minor"], one["deductions_minor"], one["net_minor"]) for one in contents} == {
        code: (gross + more, fees + debts, net) for code, (_, gross, fees, debts, more, net) in figures.items()
    }  # fmt: skip

    postings = _json(client, entry_path, headers)["postings"]
    owed = {
        one["party_id"]: -one["amount_minor"] for one in postings if one["account"] == "payable_producers"
    }
    assert owed == {one["producer_id"]: one["net_minor"] for one in lines if one["net_minor"]}
    assert sum(one["amount_minor"] for one in postings) == 0

    sign_in(client, cast.treasurer)
    rows = list(csv.reader(io.StringIO(client.get(f"{path}/export.csv").text.removeprefix("\ufeff"))))
    filed = {
        row[0]: [_minor(cell) for cell in row[FIRST_AMOUNT : FIRST_AMOUNT + len(FIGURES)]] for row in rows[1:]
    }
    total = filed.popitem()[1]
    assert filed == figures
    assert total == [sum(column) for column in zip(*figures.values(), strict=True)]
    page = client.get(path).text
    for one in lines:
        row = next(
            found for found in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if one["full_name"] in found
        )
        assert _told(one["net_minor"]) in row.replace("\xa0", " ")


def _json(client: ChainClient, path: str, headers: dict[str, str]) -> Any:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def _minor(cell: str) -> int:
    return int(Decimal(cell) * 100)


def _told(minor: int) -> str:
    return f"{Decimal(minor) / 100:,.2f}"
