"""Every list of the API pages, sorts by the words that it names, and refuses the rest in one shape."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.buyers.models import Demand
from chain.buyers.services.deposits import Movement, record_deposit
from chain.core.ids import new_id
from chain.market.models import TenderLot
from chain.payin.services.statements import add_bank_account, import_statement, set_columns
from chain.pricing.models import PriceVersion
from chain.pricing.services.flat import set_price
from chain.producers.models import Producer
from chain.sales.models import Award, Sale
from chain.settlement.services.prepare import prepare_sale_run
from tests.conftest import ChainClient
from tests.services.payin.test_statements import COLUMNS, FIRST
from tests.support import auctions, clocks, matching, negotiation
from tests.support.cast import Cast, Person, bearer
from tests.support.custody import make_tank
from tests.support.genealogy import merge
from tests.support.laboratory import make_instrument, make_sample, measure
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.market import make_award, make_bid, make_sale, make_tender
from tests.support.paying import accounted_run, batch_of

API = "/api/v1"
CAST = Cast()
#: Who reads which list; whoever is not named here is the person with every duty of the centre.
READERS: dict[str, Person] = {
    "/bids": CAST.buyer,
    "/demands/{demand_id}/matches": CAST.buyer,
    "/attention": CAST.buyer,
    "/board-searches": CAST.buyer,
    "/payments-due": CAST.buyer,
    "/received-invoices": CAST.buyer,
    "/income/me/notices": CAST.producer,
    "/vetting": CAST.operator,
    "/vetting/{buyer_id}/decisions": CAST.operator,
    "/limits/own": CAST.buyer,
    "/clocks/{clock_id}/requests": CAST.buyer,
}
#: Lists whose path names a thing by the same word as others do, and which thing of `ids` is meant there.
MEANT: dict[str, dict[str, str]] = {
    "/market-events/": {"event_id": "tender_id"},
    "/match-runs/": {"run_id": "match_run_id"},
    "/sales/{sale_id}/lots/": {"lot_id": "sold_lot_id"},
}
#: What the page of a list says besides its rows.
BESIDES: dict[str, set[str]] = {
    "/ledger/parties/{party_id}": {
        "party", "currency", "opening_minor", "debit_minor", "credit_minor", "closing_minor",
    },
}  # fmt: skip


@pytest.fixture
def ids(session: Session, now: datetime, set_clock: Callable[[datetime], None]) -> dict[str, str]:
    """Things that have lists of their own, several rows in each."""
    set_clock(now)
    producer = make_producer(session, now)
    told = session.get_one(Producer, make_producer(session, now, name="Ana Condori"))
    told.user_id = CAST.producer.id
    for weight in (10_000, 20_000, 30_000):
        make_lot(session, now, fibre(producer, now, gross_g=weight))
    sale = make_sale(session, now - timedelta(days=2))
    run = prepare_sale_run(session, actor=CAST.accountant.actor, now=now, run_id=new_id(), sale_id=sale.id)
    tender = make_tender(session, now)
    for price in (12_000, 11_000, 13_000):
        make_bid(session, now, tender, price)
    return {
        "tender_id": str(tender.id),
        "closed_tender_id": str(sale.event_id),
        "sale_id": str(sale.id),
        "sold_lot_id": str(sold_lot_of(session, sale)),
        "run_id": str(run.id),
        "demand_id": str(add_demand(session, now)),
        "site_id": str(make_tank(session, now).id),
        "buyer_id": str(CAST.mill.id),
    }


@pytest.fixture
def market_ids(session: Session, now: datetime) -> dict[str, str]:
    """Things of the market that have lists of their own: an award, a clock, an offer, a run of the matching."""
    award = make_award(session, now - timedelta(days=2))
    clock = clocks.make_clock(session, now)
    clocks.ask(session, now, clock, 20, 0)
    for _ in range(2):
        auctions.make_auction(session, now)
        offer = negotiation.make_offer(session, now)
        negotiation.make_sample(session, now)
        _deposit(session, now)
    matching.make_demand(session, now)
    matching.offered(session, now)
    run = matching.run(session, now)
    return {
        "award_id": str(session.scalars(select(Award.id).where(Award.event_id == award.id)).one()),
        "clock_id": str(clock.id),
        "offer_id": str(offer.id),
        "match_run_id": str(run.id),
        "proposal_id": str(matching.proposals_of(session, run.id)[0].id),
    }


@pytest.fixture
def money_ids(session: Session, now: datetime) -> dict[str, str]:
    """Things of the money: a producer who is owed, a batch of payments, a statement of a bank."""
    run, members = accounted_run(session, CAST, now, [[20_000], [10_000]])
    batch = batch_of(session, CAST, now, run, sent=False)
    set_price(
        session,
        actor=CAST.accountant.actor,
        now=now,
        price_id=new_id(),
        commodity="raw-milk",
        price_minor_per_unit=150,
        valid_from=now.date(),
        valid_to=now.date(),
        decided_by="Asamblea",
    )
    who, account_id = CAST.treasurer.actor, new_id()
    add_bank_account(
        session, actor=who, now=now, account_id=account_id, bank="BCP", number="191-0001", currency="PEN"
    )
    set_columns(session, actor=who, now=now, account_id=account_id, columns=COLUMNS)
    made = import_statement(
        session,
        actor=who,
        now=now + timedelta(days=5),
        account_id=account_id,
        file_name="marzo.csv",
        content=FIRST.encode(),
    )
    return {
        "party_id": str(members[0].id),
        "batch_id": str(batch.id),
        "statement_id": str(made.statement.id),
        "version_id": str(session.scalars(select(PriceVersion.id)).one()),
    }


def _deposit(session: Session, now: datetime) -> None:
    record_deposit(
        session,
        actor=CAST.treasurer.actor,
        now=now,
        deposit_id=new_id(),
        buyer_id=CAST.mill.id,
        movement=Movement("received", 500_000, "qr", now.date(), "QR-1"),
    )


def sold_lot_of(session: Session, sale: Sale) -> UUID:
    statement = select(TenderLot.lot_id).where(TenderLot.tender_id == sale.event_id)
    return session.scalars(statement.limit(1)).one()


def made_of_lots(session: Session, now: datetime) -> dict[str, str]:
    """A lot that was made of two, and the event that made it; measured twice, with two samples and instruments."""
    producer = make_producer(session, now, name="Nelly Choque")
    bulk = merge(session, now, *(make_lot(session, now, fibre(producer, now)) for _ in range(2)))
    for name in ("OFDA 2000", "Laserscan"):
        make_instrument(session, now, name=name)
        make_sample(session, now, bulk)
        measure(session, now, bulk)
    return {"lot_id": str(bulk.id), "event_id": str(bulk.made_by_event_id)}


def add_demand(session: Session, now: datetime) -> UUID:
    demand = Demand(
        organisation_id=CAST.mill.id,
        title="Fibra",
        commodity="alpaca-fibre",
        grades=[],
        colours=[],
        currency="PEN",
        valid_from=now.date(),
        valid_to=(now + timedelta(days=1)).date(),
        created_at=now,
    )
    session.add(demand)
    session.flush()
    return demand.id


def lists_of(client: ChainClient) -> list[str]:
    document = client.get(f"{API}/openapi.json").json
    assert document is not None
    return [
        path.removeprefix(API)
        for path, operations in document["paths"].items()
        if any(one.get("name") == "page" for one in operations.get("get", {}).get("parameters", []))
    ]


def ask(
    client: ChainClient, path: str, ids: dict[str, str], *, reader: Person | None = None, **query: Any
) -> Any:
    if path == "/income/producers":
        query = {"season": 2026, **query}
    if path == "/laboratory/measurements":
        query = {"lot_id": ids["lot_id"], **query}
    for start, words in MEANT.items():
        if path.startswith(start):
            ids = {**ids, **{word: ids[name] for word, name in words.items()}}
    person = reader or READERS.get(path, CAST.everything)
    return client.get(API + path.format(**ids), query_string=query, headers=bearer(person))


def test_every_list_pages_and_sorts_by_what_it_names(
    client: ChainClient,
    ids: dict[str, str],
    market_ids: dict[str, str],
    money_ids: dict[str, str],
    session: Session,
    now: datetime,
) -> None:
    ids = {**ids, **market_ids, **money_ids, **made_of_lots(session, now)}
    found = lists_of(client)
    assert len(found) >= 77
    for path in found:
        if path == "/tenders/{tender_id}/bids":
            ids = {**ids, "tender_id": ids["closed_tender_id"]}  # of the open one they are sealed
        whole = ask(client, path, ids)
        assert whole.status_code == 200, (path, whole.text)
        assert set(whole.json) == {"items", "page", "page_size", "total"} | BESIDES.get(path, set()), path
        one = ask(client, path, ids, page_size=1, page=2).json
        assert one["items"] == whole.json["items"][1:2], path
        assert (one["page"], one["page_size"], one["total"]) == (2, 1, whole.json["total"]), path
        for wrong in ({"page": 0}, {"page": "x"}, {"page_size": 0}, {"page_size": 201}, {"sort": "nothing"}):
            refused = ask(client, path, ids, **wrong)
            assert refused.status_code == 422, (path, wrong)
            assert list(refused.json["errors"]) == list(wrong), (path, wrong)
        _sorts(client, path, ids, whole.json["total"])


def _sorts(client: ChainClient, path: str, ids: dict[str, str], total: int) -> None:
    told = ask(client, path, ids, sort="nothing").json["message"]
    words = re.search(r": (?P<words>[a-z_, ]+)\.$", told)
    assert words is not None, told
    for word in words["words"].split(", "):
        up = ask(client, path, ids, sort=word)
        down = ask(client, path, ids, sort=f"-{word}")
        assert (up.status_code, down.status_code) == (200, 200), (path, word)
        assert len(up.json["items"]) == len(down.json["items"]) == min(total, 50), (path, word)


def test_lots_are_sorted_and_filtered_as_asked(client: ChainClient, ids: dict[str, str]) -> None:
    def weights(**query: Any) -> list[int]:
        answer = ask(client, "/lots", ids, state="registered", **query)
        return [one["quantity"] for one in answer.json["items"]]

    assert weights(sort="quantity") == [9_500, 19_500, 29_500]
    assert weights(sort="-quantity") == [29_500, 19_500, 9_500]
    assert weights(sort="-quantity", page_size=2, page=2) == [9_500]
    assert weights(commodity="raw-milk") == []
    assert ask(client, "/lots", ids, state="no-such-state").status_code == 422


def test_own_bids_are_listed_over_all_tenders_and_nobody_elses(
    client: ChainClient, ids: dict[str, str]
) -> None:
    listed = ask(client, "/bids", ids)
    assert listed.status_code == 200
    prices = [one["price_minor_per_unit"] for one in listed.json["items"]]
    assert prices == [13_000, 12_000], "the last bid in each tender"
    rivals = client.get(f"{API}/bids", headers=bearer(CAST.rival_buyer)).json
    assert rivals is not None
    assert rivals["total"] == 0
    assert client.get(f"{API}/bids", headers=bearer(CAST.seller)).status_code == 403


def test_no_list_tells_another_organisation_what_is_the_centres(
    client: ChainClient,
    ids: dict[str, str],
    market_ids: dict[str, str],
    money_ids: dict[str, str],
    session: Session,
    now: datetime,
) -> None:
    ids = {**ids, **market_ids, **money_ids, **made_of_lots(session, now)}
    public = {"demand_id", "buyer_id"}
    of_events = {"tender_id", "closed_tender_id", "clock_id"}
    for reader, open_to_it in ((CAST.outsider, public), (CAST.rival_buyer, public | of_events)):
        kept_from_it = {value for name, value in ids.items() if name not in open_to_it}
        for path in lists_of(client):
            answer = ask(client, path, ids, reader=reader)
            assert answer.status_code in {200, 403, 404, 409}, (path, answer.text)
            named = set(re.findall(r"\{(\w+)\}", path))
            if answer.status_code == 200:
                assert named <= open_to_it | {"event_id"}, (path, reader.username)
                assert not [one for one in kept_from_it if one in answer.text], (path, reader.username)
