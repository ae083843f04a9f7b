"""Reserving the kilograms of a proposal that both sides accepted: lots locked, divided where a part is wanted, awarded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation, roles_in
from chain.accounts.rules import Actor, OrganisationKind, Permission, Role
from chain.core.ids import new_id
from chain.core.quantity import Unit
from chain.genealogy.errors import in_thousands, sign_of
from chain.genealogy.rules import Part, Split
from chain.genealogy.services import split_lot
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.lots.stock import check_available
from chain.matching.errors import LotTooSmall
from chain.matching.models import MatchLine, MatchOffer, MatchProposal
from chain.matching.proposing import OfferState, ProposalState
from chain.matching.queries.offers import open_offers_of
from chain.matching.services.standing import check_still_fits, lock_demand
from chain.matching.services.steps import end_proposal, log_proposal, note_proposal
from chain.matching.services.tags import MatchAudit
from chain.sales.models import Award
from chain.sales.rules import Entry, Method
from chain.sales.services.awards import confirm_award, make_award


def reserve(session: Session, *, now: datetime, proposal: MatchProposal) -> Award:
    """Reserve the lots of a proposal that both sides accepted, and make the award. The proposal is locked.

    One transaction holds all of it: the division of a lot, the reservation, the award, and what other proposals that wanted the
    same lot become. Order of the locks: seller and proposal, demand, lots by id, what awards lock.

    Raises:
        DemandClosed, DemandFull: the demand does not take it any more.
        LotOffered, LotSold, LotUsed, LotHeld …: a lot is not free any more.
        LotChanged: a lot is not any more what the demand asks for.
        LotTooSmall: less is left of a lot than the proposal needs.
    """
    officer = _officer(session, proposal)
    demand = lock_demand(session, proposal, now=now)
    lines = session.scalars(
        select(MatchLine).where(MatchLine.proposal_id == proposal.id).order_by(MatchLine.position)
    ).all()
    lots = {
        lot.id: lot for lot in lock_lots(session, proposal.organisation_id, [one.lot_id for one in lines])
    }
    for line in lines:
        _check_free(lots[line.lot_id], line)
    check_still_fits(session, demand, proposal, [(line, lots[line.lot_id]) for line in lines])
    offers = open_offers_of(session, lots)
    worker = _worker(officer)
    taking = Taking(session, worker, now, proposal, offers)
    parts = {line.id: taking.part(lots[line.lot_id], line) for line in lines}
    sold = sorted(parts.values(), key=lambda lot: lot.id)
    change_lot_states(session, actor=officer, now=now, lots=sold, to=LotState.OFFERED)
    award = make_award(
        session,
        actor=officer,
        now=now,
        seller_id=proposal.organisation_id,
        buyer_id=proposal.buyer_id,
        method=Method.MATCH,
        event_id=proposal.id,
        lots=sold,
        prices={parts[line.id].id: line.price_minor_per_unit for line in lines},
        currency=proposal.currency,
        opened_by=proposal.opened_by,
        terms=_terms(proposal),
    )
    for line in lines:
        line.lot_id = parts[line.id].id
    proposal.state, proposal.award_id, proposal.closed_at = ProposalState.AWARDED.value, award.id, now
    session.flush()
    log_proposal(session, now, proposal, Entry("awarded", {"award": award.id, "quantity": award.quantity}))
    note_proposal(
        session,
        MatchAudit.PROPOSAL_AWARDED,
        officer,
        now,
        proposal,
        before=ProposalState.OPEN.value,
        more={"award_id": award.id},
    )
    _count_first_confirmation(session, officer, now, proposal, award)
    return award


def _terms(proposal: MatchProposal) -> Mapping[str, object]:
    """Return what the contract says beside price and lots."""
    return {
        "demand_id": str(proposal.demand_id),
        "freight_paid_by": proposal.freight_paid_by,
        "freight_estimate_minor": proposal.freight_minor,
        "freight_minor_per_unit": proposal.freight_minor_per_unit,
    }


def _officer(session: Session, proposal: MatchProposal) -> Actor:
    """Return the seller's officer who accepted, with the roles of today: everything is done in that name."""
    kind = OrganisationKind(get_organisation(session, proposal.organisation_id).kind)
    user_id = proposal.seller_accepted_by
    roles = (
        frozenset({Role.SELLER}) if user_id is None else roles_in(session, user_id, proposal.organisation_id)
    )
    return Actor(user_id, proposal.organisation_id, kind, roles)


def _worker(officer: Actor) -> Actor:
    """Return the same person with the right to divide lots: accepting a part of a lot orders its division."""
    return Actor(
        officer.user_id, officer.organisation_id, officer.organisation_kind, officer.roles | {Role.CLERK}
    )


def _check_free(lot: Lot, line: MatchLine) -> None:
    check_available(lot)
    if line.quantity > lot.quantity:
        raise LotTooSmall(
            number=lot.number,
            left=in_thousands(lot.quantity),
            needed=in_thousands(line.quantity),
            unit=sign_of(Unit(lot.unit)),
        )


@dataclass(frozen=True, slots=True)
class Taking:
    """Taking what one proposal needs out of the lots, while other proposals want the same lots."""

    session: Session
    worker: Actor
    now: datetime
    proposal: MatchProposal
    #: open offers by lot
    offers: Mapping[UUID, MatchOffer]

    def part(self, lot: Lot, line: MatchLine) -> Lot:
        """Return the lot that is sold: the whole one, or a part divided from it; other proposals then want the rest."""
        offer = self.offers.get(lot.id)
        if offer is not None:
            offer.state, offer.closed_at = OfferState.TAKEN.value, self.now
            self.session.flush()
        if line.quantity == lot.quantity:
            self._point_others(lot, rest=None)
            return lot
        part, rest = self._divide(lot, line.quantity)
        if offer is not None:
            self.session.add(_same_terms(offer, self.now, part.id, OfferState.TAKEN))
            self.session.add(_same_terms(offer, self.now, rest.id, OfferState.OPEN))
            self.session.flush()
        self._point_others(lot, rest=rest)
        return part

    def _divide(self, lot: Lot, quantity: int) -> tuple[Lot, Lot]:
        part, rest = Part(id=new_id(), quantity=quantity), Part(id=new_id(), quantity=lot.quantity - quantity)
        event = Split(id=new_id(), happened_at=self.now, lot_id=lot.id, parts=(part, rest))
        split_lot(self.session, actor=self.worker, now=self.now, event=event)
        made = {one.id: one for one in lock_lots(self.session, lot.organisation_id, [part.id, rest.id])}
        return made[part.id], made[rest.id]

    def _point_others(self, lot: Lot, *, rest: Lot | None) -> None:
        """Let other open proposals that want the lot want its rest; those for which too little is left end here."""
        for line, other in self._others(lot):
            if rest is not None and line.quantity <= rest.quantity:
                line.lot_id = rest.id
            elif other.state == ProposalState.OPEN:
                end_proposal(
                    self.session,
                    self.worker,
                    self.now,
                    other,
                    to=ProposalState.STALE,
                    tag=MatchAudit.PROPOSAL_STALE,
                    reason=lot.number,
                )
        self.session.flush()

    def _others(self, lot: Lot) -> Sequence[tuple[MatchLine, MatchProposal]]:
        rows = self.session.execute(
            select(MatchLine, MatchProposal)
            .join(MatchProposal, MatchProposal.id == MatchLine.proposal_id)
            .where(
                MatchLine.lot_id == lot.id,
                MatchProposal.state == ProposalState.OPEN.value,
                MatchProposal.id != self.proposal.id,
            )
            .order_by(MatchProposal.made_at, MatchProposal.id)
            .execution_options(populate_existing=True)
        )
        return [(row[0], row[1]) for row in rows]


def _same_terms(offer: MatchOffer, now: datetime, lot_id: UUID, state: OfferState) -> MatchOffer:
    return MatchOffer(
        id=new_id(),
        organisation_id=offer.organisation_id,
        lot_id=lot_id,
        reserve_minor_per_unit=offer.reserve_minor_per_unit,
        currency=offer.currency,
        is_divisible=offer.is_divisible,
        valid_to=offer.valid_to,
        state=state.value,
        created_at=now,
        created_by=offer.created_by,
        closed_at=None if state is OfferState.OPEN else now,
    )


def _count_first_confirmation(
    session: Session, officer: Actor, now: datetime, proposal: MatchProposal, award: Award
) -> None:
    """Let the acceptance of the seller's officer count as the first confirmation, unless that person ran the match."""
    if officer.user_id is None or officer.user_id == proposal.opened_by:
        return
    if officer.may(Permission.AWARDS_ACCEPT):
        confirm_award(session, actor=officer, now=now, award_id=award.id)
