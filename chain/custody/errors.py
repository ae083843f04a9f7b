"""Refusals of custody."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class CodeTaken(Conflict):
    """Another place, route or container type of the organisation has the same code or name."""

    code = "code_taken"
    text = N_("“%(value)s” is taken already. Choose another one.")
    field = "code"


class SiteInUse(Conflict):
    """A place is archived while lots lie in it, or goods are on the way to it."""

    code = "site_in_use"
    text = N_("There are still lots in this place, or on the way to it. Move them first.")


class ContainersOut(Conflict):
    """A container type is archived while producers have some."""

    code = "containers_out"
    text = N_("Producers still have %(count)s of these.")


class HoldReleased(Conflict):
    """The hold was released before, with another note."""

    code = "hold_released"
    text = N_("This hold was already released.")


class HoldOfDispatch(Conflict):
    """The lot is on the way to another place; the arrival, or cancelling the dispatch, releases it."""

    code = "hold_of_dispatch"
    text = N_("The lot is on the way. Record its arrival, or cancel the dispatch.")


class CountNotOpen(Conflict):
    """The count sheet is closed or discarded."""

    code = "count_not_open"
    text = N_("Count sheet %(number)s is no longer open.")


class UnknownLotNumber(DomainError):
    """No lot of the organisation has the number that was typed or scanned."""

    code = "unknown_lot_number"
    kind = Kind.INVALID
    text = N_("There is no lot with the number “%(value)s” here.")
    field = "number"


class LotNotHere(Conflict):
    """The lot cannot lie in a store: it was used up, has left or was cancelled."""

    code = "lot_not_here"
    text = N_("Lot %(number)s should not exist any more: it was used up, has left or was cancelled.")
    field = "number"


class BalanceBelowZero(Conflict):
    """More containers would come back than were lent; a correction with a note says why that is so."""

    code = "container_balance"
    text = N_("The producer has only %(balance)s of these. Record a correction first, with its reason.")
    field = "count"


class DispatchStateRefused(Conflict):
    """The dispatch's state does not allow the step."""

    code = "dispatch_state"
    text = N_("Dispatch %(number)s is %(state)s: this is not possible any more.")


class SaleNeeded(Conflict):
    """A sold lot travels only under its sale, to its buyer."""

    code = "sale_needed"
    text = N_("Lot %(number)s is sold: dispatch it from its sale, to its buyer.")


class SoldToAnother(Conflict):
    """A sold lot was to go to somebody who did not buy it."""

    code = "sold_to_another"
    text = N_("Lot %(number)s was sold to another organisation.")


class VisitOver(Conflict):
    """The visit at the gate is over."""

    code = "visit_over"
    text = N_("Ticket %(ticket)s has already left.")


class NotOfSale(Conflict):
    """A waybill under a sale holds a lot that was not sold, or the lots of two sales."""

    code = "not_of_sale"
    text = N_("Lot %(number)s does not belong to this sale. Each sale travels under a waybill of its own.")


class LotAlreadyThere(Conflict):
    """The lot lies in the place that it was to be sent to."""

    code = "lot_already_there"
    text = N_("Lot %(number)s already lies in that place.")
