"""Refusals of matching."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class NotATradingPair(DomainError):
    """Freight goes from a seller to a buyer, and one of the two writes it down."""

    code = "not_a_trading_pair"
    kind = Kind.INVALID
    text = N_("Choose a seller and a buyer; one of them must be your organisation.")
    field = "partner"


class LotNotConfirmed(DomainError):
    """The lot has no confirmed class, so no demand can be compared with it."""

    code = "lot_not_confirmed"
    kind = Kind.REFUSED
    text = N_("The class of lot %(number)s is not confirmed. Confirm it before you offer the lot.")
    field = "lots"


class NoLotsChosen(DomainError):
    """Nothing was chosen to be offered."""

    code = "no_lots_chosen"
    kind = Kind.INVALID
    text = N_("Choose at least one lot.")
    field = "lots"


class TooManyLotsToOffer(DomainError):
    """More lots at once than one step takes."""

    code = "too_many_lots_to_offer"
    kind = Kind.INVALID
    text = N_("Offer at most %(limit)s lots at once.")
    field = "lots"


class ListChanged(Conflict):
    """The lots of the filter, or what a preview showed, are other ones by now."""

    code = "match_list_changed"
    text = N_("Lots or demands changed meanwhile. Look at the new figures and send it again.")


class LotInProposal(Conflict):
    """The lot stands in a proposal that waits for its answers."""

    code = "lot_in_proposal"
    text = N_(
        "Lot %(number)s is in proposal %(proposal)s, which waits for an answer. Refuse the proposal first."
    )


class NothingToMatch(DomainError):
    """No lot is offered, or no demand stands: there is nothing to calculate."""

    code = "nothing_to_match"
    kind = Kind.REFUSED
    text = N_("There is nothing to match: no lot is offered, or no demand stands.")


class PoolClosed(Conflict):
    """The pool was closed, or the association is not in it any more."""

    code = "pool_closed"
    text = N_("This pool is closed, or your association is not in it any more.")


class PoolCurrency(DomainError):
    """The associations of a pool keep their books in one currency."""

    code = "pool_currency"
    kind = Kind.REFUSED
    text = N_("%(name)s keeps its books in %(given)s; this pool is in %(asked)s.")
    field = "members"


class NotASeller(DomainError):
    """Only organisations that hold lots can be in a pool or lead one."""

    code = "pool_of_non_seller"
    kind = Kind.INVALID
    text = N_("“%(code)s” is not an organisation that sells lots.")
    field = "members"


class ProposalClosed(Conflict):
    """The proposal was answered, its time is over, or its lots are gone."""

    code = "proposal_closed"
    text = N_("The proposal is now “%(state)s”. This step is not possible any more.")


class LotChanged(Conflict):
    """The lot is not any more what the proposal says: class, colour, microns or certification are other ones."""

    code = "lot_changed"
    text = N_(
        "Lot %(number)s has changed since the match was run: %(what)s Refuse this proposal and run it again."
    )


class LotTooSmall(Conflict):
    """Somebody else was quicker: of the lot less is left than the proposal needs."""

    code = "lot_too_small"
    text = N_("Of lot %(number)s only %(left)s %(unit)s are left; the proposal needs %(needed)s %(unit)s.")


class DemandClosed(Conflict):
    """The demand was withdrawn, or its last day is over."""

    code = "demand_closed"
    text = N_("The demand “%(title)s” does not stand any more.")


class DemandChanged(Conflict):
    """The buyer changed the terms of the demand after the match was run."""

    code = "demand_changed"
    text = N_("The terms of the demand “%(title)s” have changed. Run the match again.")


class DemandFull(Conflict):
    """Other sales have filled the demand meanwhile."""

    code = "demand_full"
    text = N_(
        "The demand “%(title)s” takes only %(left)s %(unit)s more; the proposal has %(needed)s %(unit)s."
    )


class AnsweredOtherwise(Conflict):
    """The same side answered before, and otherwise."""

    code = "proposal_answered"
    text = N_(
        "Your side has accepted this proposal. It stands until the other side answers or the time is over."
    )
