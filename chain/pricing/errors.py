"""Refusals of pricing."""

from chain.core.errors import Conflict, DomainError
from chain.core.i18n import N_


class NoPriceInForce(DomainError):
    """Deliveries of a period lie on days without a price, or no price serves the whole period where the scheme asks for that."""

    code = "no_price_in_force"
    text = N_("There is no price for these days: %(days)s. Set the price first.")
    field = "period_from"


class NoPriceForClass(DomainError):
    """A class or colour was delivered that the scheme in force does not list."""

    code = "no_price_for_class"
    text = N_("The prices in force do not list these classes: %(classes)s. Add them in a new version.")
    field = "period_from"


class PricedAfterSale(DomainError):
    """The producers get a share of the sale: before it only the advance is known."""

    code = "priced_after_sale"
    text = N_("“%(name)s” pays a share of what the sale brings: settle the sale, not the period.")
    field = "period_from"


class PriceOverlaps(DomainError):
    """Two prices of one product would be in force on the same day."""

    code = "price_overlaps"
    text = N_("From %(valid_from)s to %(valid_to)s another price is in force: %(price)s.")
    field = "valid_from"


class DeliveriesServed(Conflict):
    """An end of a price that reaches back to deliveries under it: they keep the price of their day."""

    code = "deliveries_served"
    text = N_(
        "There are deliveries under this price until %(last)s, which keep it. Another price starts on a later day; a wrong one is withdrawn."
    )


class VersionStateRefused(Conflict):
    """A step that a version in this state does not take: what was in force is never edited."""

    code = "version_state_refused"
    text = N_("Version %(number)s is %(state)s: this step is not possible. Write a new version.")


class SchemeKeyTaken(Conflict):
    """Another scheme of the organisation has the same key."""

    code = "scheme_key_taken"
    text = N_("You already have a price list with the key “%(key)s”.")
    field = "key"
