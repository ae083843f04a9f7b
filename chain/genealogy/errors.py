"""Refusals of the genealogy."""

from decimal import Decimal

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_
from chain.core.quantity import Unit


def in_thousands(quantity: int) -> Decimal:
    """Return grams as kilograms, millilitres as litres: what a scale shows, for a sentence."""
    return Decimal(quantity).scaleb(-3)


def sign_of(unit: str) -> str:
    """Return the sign of what `in_thousands` returns."""
    return "l" if unit == Unit.MILLILITRE else "kg"


class NotConserved(DomainError):
    """What went in and what came out differ."""

    code = "not_conserved"
    kind = Kind.INVALID
    text = N_(
        "In: %(into)s %(unit)s with what was gained. Out: %(out)s %(unit)s with what was lost. The difference of "
        "%(difference)s %(unit)s must be declared."
    )
    field = "losses"


class MixedProducts(DomainError):
    """Lots of several products, or of animals that do not go together, in one event."""

    code = "mixed_products"
    kind = Kind.INVALID
    text = N_("Lots %(first)s and %(second)s are of different products: they cannot go together.")
    field = "lot_ids"


class WrongProduct(DomainError):
    """The process does not take or give this product, or not of this animal."""

    code = "wrong_product"
    kind = Kind.INVALID
    text = N_("This process does not go with %(product)s.")
    field = "process"


class EventTooEarly(DomainError):
    """The event lies before one of its lots was there."""

    code = "event_too_early"
    kind = Kind.INVALID
    text = N_("Lot %(number)s came later than that. Check date and time.")
    field = "happened_at"


class YieldOutsideBand(DomainError):
    """A real yield lies outside the band of the recipe, and no reason was given."""

    code = "yield_outside_band"
    kind = Kind.INVALID
    text = N_(
        "The yield of %(product)s is %(real)s %%; the recipe expects %(low)s to %(high)s %%. Write the reason."
    )
    field = "reason"


class NotInRecipe(DomainError):
    """The process gave a product that the recipe does not name, and no reason was given."""

    code = "not_in_recipe"
    kind = Kind.INVALID
    text = N_("The recipe does not name %(product)s. Write the reason.")
    field = "reason"


class RecipeDoesNotFit(DomainError):
    """The recipe is for another process or product, or is out of use."""

    code = "recipe_does_not_fit"
    kind = Kind.INVALID
    text = N_("This recipe is for something else, or is no longer used.")
    field = "recipe_id"


class EventReasonNeeded(DomainError):
    """The event needs its reason in words."""

    code = "event_reason_needed"
    kind = Kind.INVALID
    text = N_("Write the reason, with %(least)s to %(limit)s characters.")
    field = "reason"


class ClaimedGain(DomainError):
    """Organic goods, or goods in transition, would become more than came in."""

    code = "claimed_gain"
    kind = Kind.REFUSED
    text = N_(
        "Lot %(number)s is certified: it cannot become more than came in. Give up the certification of what is made, or "
        "correct the weights."
    )
    field = "drop_claim"


class SiteFull(Conflict):
    """The tank or store does not hold that much."""

    code = "site_full"
    text = N_("%(site)s holds at most %(capacity)s; with this it would hold %(would_hold)s.")


class ShareTooSmall(DomainError):
    """A producer would take back more than the own share."""

    code = "share_too_small"
    kind = Kind.REFUSED
    text = N_("Of lot %(number)s this producer owns %(share)s %(unit)s.")
    field = "quantity"


class AlreadyPaid(Conflict):
    """The organisation has paid for these goods, or an approved settlement does: they are no longer the producer's."""

    code = "already_paid"
    text = N_("These goods are paid: they belong to the organisation.")


class CannotUndo(Conflict):
    """The event was undone before, is itself an undoing, or something later rests on it."""

    code = "cannot_undo"
    text = N_("Operation %(number)s cannot be undone: it was undone before, or something later rests on it.")


class AlreadyThere(Conflict):
    """The lot lies at that site already."""

    code = "already_there"
    text = N_("Lot %(number)s is there already.")


class TraceTooLarge(DomainError):
    """More lots than one answer takes."""

    code = "trace_too_large"
    kind = Kind.TOO_LARGE
    text = N_("This lot hangs together with more than %(limit)s lots: too many for one answer.")
