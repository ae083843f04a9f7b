"""Refusals of the market."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class TenderClosed(DomainError):
    """The deadline has passed, or the tender was closed or cancelled."""

    code = "tender_closed"
    text = N_("The tender is closed. No more bids are taken.")


class TenderStillOpen(DomainError):
    """Somebody wants to open the bids before the deadline."""

    code = "tender_still_open"
    text = N_("The tender is open until its deadline. Nobody can open the bids before.")


class TenderSealed(DomainError):
    """The bids of a tender are asked for before they were opened."""

    code = "tender_sealed"
    text = N_("The bids are sealed. Nobody sees them before the deadline.")


class TenderStateRefused(Conflict):
    """The tender is no longer in the state that the step needs: somebody was quicker."""

    code = "tender_state_refused"
    text = N_("The tender is now “%(state)s”. This step is not possible any more.")


class SealKeyWrong(DomainError):
    """The bids were sealed with another key than the one of this installation: CHAIN_SEAL_KEY or var/seal_key must be put back."""

    code = "seal_key_wrong"
    text = N_(
        "The bids were sealed with another key. Put the seal key of this installation back, then open them again."
    )


class NotInvited(DomainError):
    """A private tender needs at least one invited buyer, and each must be a buying organisation."""

    code = "not_a_buying_organisation"
    kind = Kind.INVALID
    text = N_("Choose at least one buyer, or let all buyers see the tender.")
    field = "invited"


class NotABuyer(DomainError):
    """Only buying organisations bid, and never on their own lots."""

    code = "not_a_buyer"
    kind = Kind.FORBIDDEN
    text = N_("Only a buying organisation can bid, and not on its own lots.")


class PriceOutOfBounds(DomainError):
    """A price of zero, a negative or an absurd one."""

    code = "price_out_of_bounds"
    kind = Kind.INVALID
    text = N_("The price must lie from %(low)s to %(high)s for each kilogram or litre.")
    field = "price"


class WrongCurrency(DomainError):
    """A bid in another currency than the tender's."""

    code = "wrong_currency"
    kind = Kind.INVALID
    text = N_("This tender takes bids in %(currency)s.")
    field = "currency"


class LotNotOfferable(DomainError):
    """A lot cannot be put on offer as it is."""

    code = "lot_not_offerable"
    text = N_("Lot %(number)s has no confirmed class yet. Only lots with a confirmed class can be offered.")
    field = "lots"


class LotTaken(Conflict):
    """A lot is already on offer, sold or cancelled."""

    code = "lot_taken"
    text = N_("Lot %(number)s is already on offer or sold.")
    field = "lots"


class MixedLots(DomainError):
    """The lots are of different products or units."""

    code = "mixed_lots"
    kind = Kind.INVALID
    text = N_("All lots of a tender must be of the same product.")
    field = "lots"


class LotsChanged(Conflict):
    """While a form was being filled in, lots of its filter came or went."""

    code = "lots_changed"
    text = N_("The lots of the filter changed meanwhile. Look at the total and send again.")
