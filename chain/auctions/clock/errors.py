"""Refusals of the two-round clock."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class ClockStateRefused(Conflict):
    """The clock has moved on, so that the step is not possible any more."""

    code = "clock_state_refused"
    text = N_("The clock is now “%(state)s”. This step is not possible any more.")


class RoundClosed(Conflict):
    """A request came after the end of its round, by the clock of the server."""

    code = "clock_round_closed"
    text = N_("Round %(round)s is closed. Your request was not taken.")


class RoundStillOpen(Conflict):
    """Somebody asked to open the requests before the end of the round."""

    code = "clock_round_still_open"
    text = N_("The round is open until its hour. Nobody can open the requests before.")


class NotAClockBuyer(DomainError):
    """A request came from an organisation that is no buyer, or that sells here."""

    code = "clock_not_a_buyer"
    kind = Kind.FORBIDDEN
    text = N_("Only buying organisations can ask for kilograms, and never of their own lots.")


class ClockLotRefused(Conflict):
    """A lot cannot stand in a clock: its class is not confirmed, or it is on offer elsewhere."""

    code = "clock_lot_refused"
    text = N_(
        "Lot %(number)s cannot be offered now. It needs a confirmed class and must not be on offer elsewhere."
    )


class StockChanged(Conflict):
    """The stock changed between the form and its sending."""

    code = "auction_stock_changed"
    text = N_("The lots changed meanwhile. Look at the new quantities and send the form again.")
