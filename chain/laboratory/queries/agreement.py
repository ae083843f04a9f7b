"""How often graders of an organisation agree: with the proposal, and blind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from chain.laboratory.models import SecondOpinion
from chain.laboratory.rules import Agreement, OpinionState, agree
from chain.lots.models import Lot, LotGrade

CONFIRMATION, BLIND = "confirmation", "blind"
#: Pairs that one figure rests on at most; the latest.
MAX_PAIRS = 100_000


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """The agreement of one kind by one norm; classes of different norms are never compared."""

    #: "confirmation": proposal and confirmation; "blind": class that counted and class found blind
    kind: str
    scheme: str
    edition: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """The agreement figures of an organisation since a moment."""

    since: datetime
    rows: Sequence[AgreementRow]
    #: confirmations of lots without a proposed class, which cannot be compared
    without_proposal: int
    #: second opinions that nobody decided in time
    lapsed: int


def agreement_of(session: Session, organisation_id: UUID, since: datetime) -> AgreementReport:
    """Return how often the graders of an organisation agreed since a moment.

    A confirmation is compared with the first proposal. The person who confirms sees the proposal, so that figure is no
    proof of skill; the blind one is.
    """
    confirmed, missing = _confirmations(session, organisation_id, since)
    blind = _blind(session, organisation_id, since)
    rows = [
        AgreementRow(kind, scheme, edition, agree(pairs))
        for kind, groups in ((BLIND, blind), (CONFIRMATION, confirmed))
        for (scheme, edition), pairs in sorted(groups.items())
    ]
    lapsed = session.scalar(
        select(func.count()).where(
            SecondOpinion.organisation_id == organisation_id,
            SecondOpinion.asked_at >= since,
            SecondOpinion.state == OpinionState.LAPSED.value,
        )
    )
    return AgreementReport(since, rows, missing, lapsed or 0)


Groups = dict[tuple[str, str], list[tuple[str, str]]]


def _confirmations(session: Session, organisation_id: UUID, since: datetime) -> tuple[Groups, int]:
    """Return pairs of proposal and confirmation by norm, and how many had no proposal."""
    proposal, other = aliased(LotGrade), aliased(LotGrade)
    rows = session.execute(
        select(LotGrade.scheme, LotGrade.edition, proposal.key, LotGrade.key)
        .join(Lot, Lot.id == LotGrade.lot_id)
        .join(proposal, proposal.lot_id == LotGrade.lot_id)
        .outerjoin(
            other,
            (other.lot_id == LotGrade.lot_id)
            & (other.kind == LotGrade.kind)
            & (other.graded_at < LotGrade.graded_at),
        )
        .where(
            Lot.organisation_id == organisation_id,
            LotGrade.kind == "confirmation",
            LotGrade.graded_at >= since,
            proposal.kind == "proposal",
            proposal.scheme == LotGrade.scheme,
            proposal.edition == LotGrade.edition,
            other.id.is_(None),  # the first confirmation; later ones follow other measurements
        )
        .order_by(LotGrade.graded_at.desc())
        .limit(MAX_PAIRS)
    )
    found: Groups = {}
    missing = 0
    for scheme, edition, first, second in rows:
        if first is None or second is None:
            missing += 1
        else:
            found.setdefault((scheme, edition), []).append((first, second))
    return found, missing


def _blind(session: Session, organisation_id: UUID, since: datetime) -> Groups:
    rows = session.execute(
        select(
            SecondOpinion.scheme, SecondOpinion.edition, SecondOpinion.previous_key, SecondOpinion.found_key
        )
        .where(
            SecondOpinion.organisation_id == organisation_id,
            SecondOpinion.state == OpinionState.DECIDED.value,
            SecondOpinion.decided_at >= since,
            SecondOpinion.previous_key.is_not(None),
        )
        .order_by(SecondOpinion.decided_at.desc())
        .limit(MAX_PAIRS)
    )
    found: Groups = {}
    for scheme, edition, before, now in rows:
        found.setdefault((scheme, edition), []).append((before, now))
    return found
