"""How every event begins: permission, the event itself, the same event sent before, and its lots, locked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import IdempotencyConflict
from chain.core.quantity import Unit
from chain.genealogy.checks import check_event, event_hash
from chain.genealogy.errors import EventTooEarly, MixedProducts
from chain.genealogy.mix import ClassKey, MeanMicron, Mix, mix_from_record
from chain.genealogy.models import LotEvent
from chain.genealogy.products import family_of
from chain.genealogy.rules import KIND_OF, Event
from chain.genealogy.words import EventKind
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.services.schemes import House, SchemeBook, open_house
from chain.lots.stock import check_available

TENTHS = 10


@dataclass(frozen=True, slots=True)
class Opened:
    """An event that may be carried out, with its lots as they are now."""

    session: Session
    actor: Actor
    now: datetime
    event: Event
    kind: EventKind
    digest: str
    house: House
    schemes: SchemeBook
    #: the calendar day at the centre
    day: date
    #: in the order of the event
    lots: Sequence[Lot]

    @property
    def lot(self) -> Lot:
        """The only lot of an event of one."""
        (found,) = self.lots
        return found


def carry_out(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    event: Event,
    lot_ids: Sequence[UUID],
    act: Callable[[Opened], LotEvent],
) -> LotEvent:
    """Carry an event out, unless it was carried out before.

    Raises:
        Forbidden: the actor may not transform lots.
        ValidationFailed: the event cannot be right; every field at once.
        IdempotencyConflict: the id was used with other content.
        NotFound: one of the lots does not exist or is somebody else's.
        LotCancelled, LotUsed, LotSold, LotGone, LotOffered, LotHeld: one of them is not there to be used.
        EventTooEarly: one of them came later than the event.
    """
    actor.require(Permission.LOTS_TRANSFORM)
    check_event(event, now)
    digest = event_hash(event)
    known = find_known(session, actor, event.id, digest)
    if known is not None:
        return known
    locked = {lot.id: lot for lot in lock_lots(session, actor.org, lot_ids)}
    known = find_known(session, actor, event.id, digest)  # the same event may have held the lock until now
    if known is not None:
        return known
    lots = [locked[lot_id] for lot_id in lot_ids]
    for lot in lots:
        check_available(lot)
    check_not_before(event.happened_at, lots)
    house, schemes = open_house(session, actor.org)
    day = event.happened_at.astimezone(house.zone).date()
    return act(Opened(session, actor, now, event, KIND_OF[type(event)], digest, house, schemes, day, lots))


def find_known(session: Session, actor: Actor, event_id: UUID, digest: str) -> LotEvent | None:
    """Return the event that was stored under an id with the same content.

    Raises:
        IdempotencyConflict: it has other content, or belongs to somebody else.
    """
    known = session.get(LotEvent, event_id)
    if known is None:
        return None
    if known.organisation_id != actor.org or known.content_hash != digest:
        raise IdempotencyConflict
    return known


def check_not_before(moment: datetime, lots: Sequence[Lot]) -> None:
    """Refuse an event before one of its lots was there; forms know minutes only.

    Raises:
        EventTooEarly.
    """
    for lot in lots:
        if lot.delivered_at.replace(second=0, microsecond=0) > moment:
            raise EventTooEarly(number=lot.number)


def check_one_product(lots: Sequence[Lot]) -> None:
    """Refuse lots of several products or animals.

    Raises:
        MixedProducts.
    """
    check_one_family(lots)
    for lot in lots:
        if lot.commodity != lots[0].commodity:
            raise MixedProducts(first=lots[0].number, second=lot.number)


def check_one_family(lots: Sequence[Lot]) -> None:
    """Refuse lots of animals that do not go together.

    Raises:
        MixedProducts.
    """
    wanted = family_of(lots[0].commodity, lots[0].mix)
    for lot in lots:
        if family_of(lot.commodity, lot.mix) != wanted:
            raise MixedProducts(first=lots[0].number, second=lot.number)


def balance_unit_of(lots: Sequence[Lot]) -> str:
    """Return millilitres when every lot is milk, else grams."""
    is_milk = all(lot.unit == Unit.MILLILITRE for lot in lots)
    return (Unit.MILLILITRE if is_milk else Unit.GRAM).value


def mix_of(lot: Lot) -> Mix:
    """Return what a lot is a mixture of, by what counts now: measurements and confirmed classes of the lot itself first."""
    measured = lot.measured or {}
    own_micron = _micron_of(lot)
    own_class = (
        ClassKey(lot.grade_scheme, lot.grade_edition or "", lot.grade_key, lot.grade_confirmed)
        if lot.grade_scheme
        else None
    )
    if lot.mix is None:
        return Mix(
            family=family_of(lot.commodity, None),
            quantity=lot.quantity,
            colours={lot.colour: lot.quantity},
            classes={own_class: lot.quantity},
            claims={lot.claim: lot.quantity},
            micron=own_micron,
        )
    kept = mix_from_record(lot.mix, lot.quantity)
    is_decided = own_class is not None and own_class.is_confirmed and own_class.key is not None
    return Mix(
        family=kept.family,
        quantity=lot.quantity,
        colours={lot.colour: lot.quantity} if "colour" in measured else kept.colours,
        classes={own_class: lot.quantity} if is_decided else kept.classes,
        claims=kept.claims,
        micron=own_micron or kept.micron,
    )


def _micron_of(lot: Lot) -> MeanMicron | None:
    """Return the mean micron that was measured on the lot itself."""
    text = (lot.measured or {}).get("micron") or lot.attributes.get("micron")
    return None if text is None else MeanMicron(Decimal(text), lot.quantity)
