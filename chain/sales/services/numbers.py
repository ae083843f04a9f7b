"""Numbers of tenders, sales and other papers, counted per organisation."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.sales.models import NumberSeries


class Series(StrEnum):
    """What is numbered per organisation."""

    TENDER = "tender"
    AUCTION = "auction"
    CLOCK = "clock"
    MATCH = "match"
    PROPOSAL = "proposal"
    OFFER = "offer"
    SAMPLE = "sample"
    SALE = "sale"


def next_number(session: Session, organisation_id: UUID, series: Series) -> int:
    """Return the next number of an organisation's series; whoever comes at the same time waits for this transaction.

    One statement counts up and reads, so that no two get the same and none is lost when the transaction ends badly.
    """
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = dialect_insert(NumberSeries).values(
        organisation_id=organisation_id, kind=series.value, last=1
    )
    return session.scalars(
        statement.on_conflict_do_update(
            index_elements=["organisation_id", "kind"], set_={"last": NumberSeries.last + 1}
        ).returning(NumberSeries.last)
    ).one()
