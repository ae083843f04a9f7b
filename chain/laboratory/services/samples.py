"""Samples of lots under codes that tell nothing about them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.i18n import N_
from chain.core.text import tidy
from chain.laboratory.codes import new_code
from chain.laboratory.errors import SampleStaysSealed
from chain.laboratory.models import Sample, SecondOpinion
from chain.laboratory.queries.samples import find_sample
from chain.laboratory.rules import OpinionState, Purpose
from chain.laboratory.services.audits import LaboratoryAudit
from chain.lots.errors import LotCancelled
from chain.lots.models import Lot
from chain.lots.queries import get_lot_for
from chain.lots.rules import LotState

MAX_SENT_TO = 100
MIN_MASS_G, MAX_MASS_G = 1, 50_000
#: New codes that are tried until one is free; with 660 million of them the first one nearly always is.
MAX_TRIES = 20

MASS_OUT_OF_BOUNDS = N_("A sample has from %(low)s to %(high)s g.")
NOT_A_PURPOSE = N_("Choose what the sample is for.")
TOO_LONG = N_("Write at most %(limit)s characters.")


def take_sample(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    lot_id: UUID,
    purpose: str = Purpose.LABORATORY.value,
    is_sealed: bool = True,
    mass_g: int | None = None,
    sent_to: str | None = None,
) -> tuple[Sample, bool]:
    """Give a sample of a lot its code; the same id and content again answers with the first one and False.

    The lot keeps its weight: what is taken is not worth a gram on its scale, and `mass_g` says how much it was.

    Raises:
        Forbidden: the actor may not take samples.
        NotFound: there is no such lot here.
        ValidationFailed: purpose, mass or laboratory cannot be.
        LotCancelled: the lot is cancelled.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.MEASUREMENTS_WRITE)
    lot = get_lot_for(session, actor, lot_id)
    errors = FieldErrors()
    if purpose not in {Purpose.LABORATORY, Purpose.RETAINED}:
        errors.add("purpose", NOT_A_PURPOSE)  # second opinions take their own sample
    if mass_g is not None and not MIN_MASS_G <= mass_g <= MAX_MASS_G:
        errors.add("mass_g", MASS_OUT_OF_BOUNDS, low=MIN_MASS_G, high=MAX_MASS_G)
    laboratory = tidy(sent_to)
    if len(laboratory) > MAX_SENT_TO:
        errors.add("sent_to", TOO_LONG, limit=MAX_SENT_TO)
    errors.raise_any()
    known = session.get(Sample, id)
    if known is not None:
        # whether its seal was opened since does not matter
        if (known.lot_id, known.purpose, known.mass_g, known.sent_to or "") == (
            lot.id,
            str(purpose),
            mass_g,
            laboratory,
        ):
            return known, False
        raise IdempotencyConflict
    if lot.state == LotState.CANCELLED:
        raise LotCancelled(number=lot.number)
    sample = add_sample(
        session,
        actor=actor,
        now=now,
        lot=lot,
        id=id,
        purpose=purpose,
        is_sealed=is_sealed,
        mass_g=mass_g,
        sent_to=laboratory or None,
    )
    return sample, True


def add_sample(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    lot: Lot,
    id: UUID,  # noqa: A002 - the client's name for it
    purpose: str,
    is_sealed: bool = True,
    mass_g: int | None = None,
    sent_to: str | None = None,
) -> Sample:
    """Keep a sample under a free code; the caller has checked who asks. The audit record does not name the code."""
    row = Sample(
        id=id,
        organisation_id=lot.organisation_id,
        lot_id=lot.id,
        code=_free_code(session, lot.organisation_id),
        purpose=str(purpose),
        is_sealed=is_sealed,
        mass_g=mass_g,
        sent_to=sent_to,
        taken_at=now,
        taken_by=actor.user_id,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise IdempotencyConflict from None  # the same id in the same instant; sent again, it gets the first answer
    # the lot's history must not tell graders that a second opinion is open on it
    is_blind = row.purpose == Purpose.SECOND_OPINION
    audit.record(
        session,
        tag=LaboratoryAudit.SAMPLE_TAKEN,
        actor=actor,
        now=now,
        subject_type="sample" if is_blind else "lot",
        subject_id=row.id if is_blind else lot.id,
        after={"purpose": row.purpose, "sealed": is_sealed, "mass_g": mass_g, "sent_to": sent_to},
    )
    return row


def _free_code(session: Session, organisation_id: UUID) -> str:
    for _ in range(MAX_TRIES):
        code = new_code()
        taken = select(Sample.id).where(Sample.organisation_id == organisation_id, Sample.code == code)
        if session.scalar(taken) is None:
            return code
    raise AssertionError  # the codes of an organisation are used up, or chance is broken


def unseal_sample(session: Session, *, actor: Actor, now: datetime, code: str) -> Sample:
    """Open the seal: from now on the code leads to its lot, and the record says who opened it. Again changes nothing.

    Raises:
        Forbidden: the actor may not take samples.
        NotASampleCode, UnknownSample: the code.
        SampleStaysSealed: a second opinion on it is open.
    """
    actor.require(Permission.MEASUREMENTS_WRITE)
    sample = find_sample(session, actor, code)
    session.refresh(sample, with_for_update=True)
    if not sample.is_sealed:
        return sample
    is_open = select(SecondOpinion.id).where(
        SecondOpinion.sample_id == sample.id, SecondOpinion.state == OpinionState.OPEN.value
    )
    if session.scalar(is_open) is not None:
        raise SampleStaysSealed
    sample.is_sealed = False
    session.flush()
    audit.record(
        session,
        tag=LaboratoryAudit.SAMPLE_UNSEALED,
        actor=actor,
        now=now,
        subject_type="lot",
        subject_id=sample.lot_id,
        after={"code": sample.code},
    )
    return sample
