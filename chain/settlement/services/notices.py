"""Telling producers that what they are owed changed after they were told it (C18): before, after, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.i18n import N_
from chain.lots.services.notices import Told, sentence, tell_producers

#: Sentences of the causes that settlement knows; each has %(before_minor)s and %(after_minor)s, shown in the currency.
RUN_REVERSED = N_(
    "The settlement no. %(number)s was taken back: we owe you %(after_minor)s for it now, not %(before_minor)s. "
    "Reason: %(reason)s"
)
RUN_AGAIN = N_(
    "What was taken back is settled again, with the settlement no. %(number)s: we owe you %(after_minor)s, before it was %(before_minor)s."
)
SALE_CHANGED = N_(
    "The sale no. %(sale)s to %(buyer)s brought another amount than agreed: your part is %(after_minor)s, not "
    "%(before_minor)s. Reason: %(reason)s"
)
SALE_CREDITED = N_(
    "The credit note %(serial)s lowers what the sale no. %(sale)s to %(buyer)s brings: your part is %(after_minor)s, not "
    "%(before_minor)s, before what is taken off. Reason: %(reason)s"
)
OWED_CHANGED = N_("What we owe you changed from %(before_minor)s to %(after_minor)s. Reason: %(reason)s")
#: The end of a rule or price, beside the one that was planned.
PLANNED_UNTIL = N_("Before, the last day was %(planned_day)s.")
PLANNED_OPEN = N_("Before, it had no last day.")


@dataclass(frozen=True, slots=True)
class OwedChange:
    """What one producer was told to be owed, and what it is now."""

    producer_id: UUID
    before_minor: int
    after_minor: int
    lot_id: UUID | None = None
    #: further values of the sentence, text or whole numbers
    params: Mapping[str, Any] = field(default_factory=dict)


def notify_owed_change(
    session: Session,
    *,
    organisation_id: UUID,
    now: datetime,
    currency: str,
    changes: Iterable[OwedChange],
    msgid: str = OWED_CHANGED,
    **params: Any,
) -> int:
    """Leave a notice for each producer whose amount differs; return how many. Shown on the own page until it is read."""
    return tell_producers(
        session,
        organisation_id=organisation_id,
        now=now,
        told=[
            Told(
                one.producer_id,
                msgid,
                {
                    **params,
                    **one.params,
                    "before_minor": one.before_minor,
                    "after_minor": one.after_minor,
                    "currency": currency,
                },
                one.lot_id,
            )
            for one in changes
            if one.before_minor != one.after_minor
        ],
    )


def planned_words(last_day_before: str | None) -> dict[str, Any]:
    """Return until when a rule or price was to count, for a notice of its end; the day in ISO form."""
    if last_day_before is None:
        return sentence(PLANNED_OPEN)
    return sentence(PLANNED_UNTIL, planned_day=last_day_before)
