"""What must hold of an entry in the ledger of goods: its day, its quantity, the next family and the witness."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor
from chain.core.clock import local_date
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.dues.models import PassingObligation
from chain.dues.passing_rules import MOST, Goods
from chain.dues.services.checks import check_past_day, check_text, tidy
from chain.producers.queries import names_of
from chain.producers.rules import search_form

WRITE_WITNESS = N_("Write who saw it.")
OTHER_WITNESS = N_("The witness is neither the one who gives nor the one who receives.")


def check_other_family(
    session: Session, actor: Actor, errors: FieldErrors, obligation: PassingObligation, to_name: str
) -> None:
    """See that the next family, by its name, is not the one that gives."""
    own = names_of(session, actor.org, [obligation.producer_id])[obligation.producer_id].full_name
    if search_form(to_name) == search_form(own):
        errors.add("to_name", N_("The next family is another one."))


def check_witness(  # noqa: PLR0917 - of this area
    session: Session,
    actor: Actor,
    errors: FieldErrors,
    witness: str,
    producer_ids: Collection[UUID],
    to_name: str | None,
) -> None:
    """See that somebody else saw it: neither a family that gives or receives, nor one that is named."""
    check_text(errors, "witness", tidy(witness), WRITE_WITNESS)
    families = {one.full_name for one in names_of(session, actor.org, producer_ids).values()}
    if search_form(witness) in {search_form(name) for name in {*families, to_name or ""} if name}:
        errors.add("witness", OTHER_WITNESS)


def check_quantity(errors: FieldErrors, quantity: int, goods: Goods) -> None:
    """See that a number of animals or a weight of seed is possible."""
    if not 0 < quantity <= MOST[goods]:
        errors.add("quantity", N_("The number or weight cannot be right."))


def check_happened(  # noqa: PLR0917 - of this area
    session: Session,
    actor: Actor,
    now: datetime,
    errors: FieldErrors,
    obligation: PassingObligation,
    day: date,
) -> None:
    """See that something happened after it was received, and not in the future."""
    today = local_date(now, get_own_organisation(session, actor).timezone)
    check_past_day(errors, "happened_on", day, today)
    if day < obligation.received_on:
        errors.add("happened_on", N_("The day lies before they were received."))
