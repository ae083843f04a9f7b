"""Telling a producer what became of a delivery; shown on the own page until it is read, and on the next paper."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.lots.models import ProducerNotice
from chain.producers.queries import producer_of_user

CANCELLED = N_("Your delivery %(number)s was cancelled. Reason: %(reason)s")
CORRECTED = N_("Your delivery %(old)s was corrected and is now %(number)s. Reason: %(reason)s")
CORRECTED_KG = N_(
    "Your delivery %(old)s was corrected and is now %(number)s: %(after)s kg instead of %(before)s kg. "
    "Reason: %(reason)s"
)
CORRECTED_L = N_(
    "Your delivery %(old)s was corrected and is now %(number)s: %(after)s l instead of %(before)s l. "
    "Reason: %(reason)s"
)
#: The old lot was written down for the wrong person.
NOT_YOURS = N_("Delivery %(old)s was written down for you by mistake and was cancelled. Reason: %(reason)s")
KEPT_KG = N_("We could not take %(amount)s kg of yours and keep it for you until %(day)s.")
KEPT_L = N_("We could not take %(amount)s l of yours and keep it for you until %(day)s.")


def tell_producer(
    session: Session,
    *,
    organisation_id: UUID,
    producer_id: UUID | None,
    lot_id: UUID | None,
    now: datetime,
    msgid: str,
    params: Mapping[str, Any],
) -> None:
    """Leave a notice for a producer. Amounts are decimals as text, days in ISO form; nobody is told of a derived lot."""
    if producer_id is None:
        return
    notice = ProducerNotice(
        id=new_id(),
        organisation_id=organisation_id,
        producer_id=producer_id,
        lot_id=lot_id,
        msgid=msgid,
        params=dict(params),
        created_at=now,
    )
    session.add(notice)
    session.flush()


@dataclass(frozen=True, slots=True)
class Told:
    """What one producer among many is told; `params` hold text, whole numbers and sentences of their own (`sentence`)."""

    producer_id: UUID
    msgid: str
    params: Mapping[str, Any] = field(default_factory=dict)
    lot_id: UUID | None = None


def tell_producers(session: Session, *, organisation_id: UUID, now: datetime, told: Iterable[Told]) -> int:
    """Leave a notice for each of many producers, in one statement; return how many."""
    rows = [
        {
            "id": new_id(),
            "organisation_id": organisation_id,
            "producer_id": one.producer_id,
            "lot_id": one.lot_id,
            "msgid": one.msgid,
            "params": dict(one.params),
            "created_at": now,
        }
        for one in told
    ]
    if rows:
        session.execute(insert(ProducerNotice), rows)
    return len(rows)


def sentence(msgid: str, **params: Any) -> dict[str, Any]:
    """Return a sentence as a parameter of another one, translated with it."""
    return {"msgid": msgid, "params": params}


def kilos(quantity: int) -> str:
    """Return thousandths as a decimal in text, as notices keep amounts: 12,500 → "12.5"."""
    whole, rest = divmod(quantity, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")


def mark_notice_read(session: Session, *, actor: Actor, now: datetime, notice_id: UUID) -> ProducerNotice:
    """Note that the producer has read a notice; the first time counts.

    Raises:
        Forbidden: the actor is no producer.
        NotFound: there is no such notice, or it is another person's.
    """
    actor.require(Permission.OWN_INCOME_READ)
    own = producer_of_user(session, actor.user_id) if actor.user_id else None
    found = session.scalar(select(ProducerNotice).where(ProducerNotice.id == notice_id).with_for_update())
    if found is None or own is None or found.producer_id != own.id:
        raise NotFound
    found.read_at = found.read_at or now
    session.flush()
    return found
