"""Refusals of offers and samples."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class OfferStateRefused(Conflict):
    """The offer ended, or the other side was quicker."""

    code = "offer_state_refused"
    text = N_("The offer is now “%(state)s”. This step is not possible any more.")


class NotYourTurn(Conflict):
    """Only the other side may answer what one has proposed."""

    code = "offer_not_your_turn"
    text = N_("The other side must answer now. You can only withdraw your proposal.")


class NotYourProposal(Conflict):
    """Only who made the last proposal can take it back; the other side refuses it."""

    code = "offer_not_your_proposal"
    text = N_("The last proposal is not yours. You can accept, refuse or counter it.")


class OfferChanged(Conflict):
    """Somebody answers terms that are not the last ones any more."""

    code = "offer_changed"
    text = N_("The terms changed while you were reading. Look at them again before you answer.")


class OfferExpired(DomainError):
    """The time to answer has passed."""

    code = "offer_expired"
    text = N_("The time to answer this offer has passed.")


class OfferFirm(DomainError):
    """A firm offer is taken or left."""

    code = "offer_firm"
    text = N_("This offer is firm. You can accept or refuse it, and not change it.")


class OfferLotsGone(Conflict):
    """Lots of the offer were sold, reserved or used up before it was accepted; it has ended."""

    code = "offer_lots_gone"
    text = N_("Lots of this offer are not available any more. The offer has ended and nothing was sold.")


class LotNotForOffer(DomainError):
    """A lot cannot be negotiated as it is: no confirmed class, reserved, held, sold or used up."""

    code = "lot_not_for_offer"
    text = N_("Lot %(number)s cannot be negotiated now: it has no confirmed class, or it is not free.")
    field = "lots"


class MixedOfferLots(DomainError):
    """The lots of an offer are of different products."""

    code = "mixed_offer_lots"
    kind = Kind.INVALID
    text = N_("All lots of an offer must be of the same product and of one seller.")
    field = "lots"


class SampleStateRefused(Conflict):
    """The sample is no longer where the step needs it."""

    code = "sample_state_refused"
    text = N_("The sample is now “%(state)s”. This step is not possible any more.")
