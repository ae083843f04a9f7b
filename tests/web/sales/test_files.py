"""Files of the lists of awards and of what mills found, for the seller and for the buyer."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.sales.models import Sale, SaleClaim, SaleLine
from tests.conftest import ChainClient
from tests.support.cast import Cast, Person, sign_in
from tests.support.market import make_award, make_sale


def lines_of(client: ChainClient, person: Person, path: str) -> list[str]:
    sign_in(client, person)
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer.content_type.startswith("text/csv")
    return answer.text.strip().splitlines()


def add_finding(session: Session, sale: Sale, now: datetime) -> None:
    line = session.scalars(select(SaleLine).where(SaleLine.sale_id == sale.id).limit(1)).one()
    session.add(
        SaleClaim(
            id=new_id(),
            organisation_id=sale.organisation_id,
            buyer_id=sale.buyer_id,
            sale_id=sale.id,
            lot_id=line.lot_id,
            amount_minor=-1_250,
            kind="amount",
            state="open",
            basis={},
            reason="Venía húmeda",
            made_at=now,
        )
    )
    session.flush()


def test_awards_come_as_a_file_to_both_sides_and_to_nobody_else(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(now)
    make_award(session, now)
    for person, count in ((cast.seller, 2), (cast.buyer, 2), (cast.outsider, 1), (cast.rival_buyer, 1)):
        lines = lines_of(client, person, "/sales/awards.csv")
        assert len(lines) == count, person.username
    assert "7200.00" in lines_of(client, cast.seller, "/sales/awards.csv?state=waiting")[1]
    assert len(lines_of(client, cast.seller, "/sales/awards.csv?state=declined")) == 1
    assert "/sales/awards.csv" in client.get("/sales/awards").text


def test_findings_come_as_a_file_to_both_sides_and_to_nobody_else(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(now)
    add_finding(session, make_sale(session, now), now)
    for person, count in ((cast.seller, 2), (cast.buyer, 2), (cast.outsider, 1), (cast.rival_buyer, 1)):
        lines = lines_of(client, person, "/sales/claims.csv?state=open")
        assert len(lines) == count, person.username
    assert lines_of(client, cast.buyer, "/sales/claims.csv")[1].endswith("-12.50")
    assert "/sales/claims.csv" in client.get("/sales/claims").text
