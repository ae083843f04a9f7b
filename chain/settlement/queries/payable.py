"""What of runs in the books is still to be paid out, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.producers.models import Community, Membership, Producer
from chain.settlement.models import SettlementLine, SettlementRun
from chain.settlement.rules import IN_THE_BOOKS


@dataclass(frozen=True, slots=True)
class PayableLine:
    """A line of a run in the books, and what of it is still open."""

    line_id: UUID
    run_id: UUID
    run_number: int
    producer_id: UUID
    full_name: str
    member_code: str
    community: str | None
    zone_id: UUID | None
    currency: str
    net_minor: int
    paid_minor: int

    @property
    def open_minor(self) -> int:
        """What is still to be paid."""
        return self.net_minor - self.paid_minor


def payable_lines(
    session: Session, organisation_id: UUID, run_id: UUID | None = None
) -> Sequence[PayableLine]:
    """Return the lines with something to pay, of one run or of all, by run and roll."""
    statement = (
        select(
            SettlementLine.id,
            SettlementRun.id.label("run_id"),
            SettlementRun.number,
            SettlementLine.producer_id,
            Producer.full_name,
            func.coalesce(Membership.member_code, "—").label("member_code"),
            Community.name.label("community"),
            SettlementLine.zone_id,
            SettlementRun.currency,
            SettlementLine.net_minor,
            SettlementLine.paid_minor,
        )
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .join(Producer, Producer.id == SettlementLine.producer_id)
        .outerjoin(Community, Community.id == Producer.community_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == SettlementLine.producer_id)
            & (Membership.organisation_id == SettlementRun.organisation_id),
        )
        .where(
            SettlementRun.organisation_id == organisation_id,
            SettlementRun.state.in_([state.value for state in IN_THE_BOOKS]),
            SettlementLine.net_minor > SettlementLine.paid_minor,
        )
        .order_by(SettlementRun.number, Membership.member_code, SettlementLine.id)
    )
    if run_id is not None:
        statement = statement.where(SettlementRun.id == run_id)
    return [PayableLine(*row) for row in session.execute(statement)]
