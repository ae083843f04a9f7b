"""Refusals of lots."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class BatchTooLarge(DomainError):
    """More lots at once than one batch takes."""

    code = "batch_too_large"
    kind = Kind.TOO_LARGE
    text = N_("Send at most %(limit)s lots at once.")


class LotStateRefused(Conflict):
    """The lot's state does not allow the change."""

    code = "lot_state"
    text = N_("Lot %(number)s is %(state)s: it cannot become %(to)s.")


class AlreadyGraded(Conflict):
    """Somebody confirmed the class before."""

    code = "already_graded"
    text = N_("Somebody has already confirmed the class of lot %(number)s.")


class UnknownClass(DomainError):
    """The class does not exist in the norm of the lot."""

    code = "unknown_class"
    kind = Kind.INVALID
    text = N_("The norm of this lot has no class “%(value)s”.")
    field = "key"


class ClassNeeded(DomainError):
    """The proposal is undetermined and the norm decides by a measurement: a person must name a class."""

    code = "class_needed"
    kind = Kind.INVALID
    text = N_("The class is not determined. Choose one.")
    field = "key"


class NoteNeeded(DomainError):
    """Another class than the proposed one needs its reason in words."""

    code = "note_needed"
    kind = Kind.INVALID
    text = N_("Write why the class is another one, in at least %(least)s letters.")
    field = "note"


class NoteTooLong(DomainError):
    """A note or reason beyond its limit."""

    code = "note_too_long"
    kind = Kind.INVALID
    text = N_("Write at most %(limit)s characters.")
    field = "note"


class ReasonNeeded(DomainError):
    """A cancellation without a reason."""

    code = "reason_needed"
    kind = Kind.INVALID
    text = N_("Write the reason, with %(least)s to %(limit)s characters.")
    field = "reason"


class LotHeld(Conflict):
    """Something holds the lot: quality, a dispute, a pledge; it may not be moved, used, offered or sold."""

    code = "lot_held"
    text = N_("Lot %(number)s is on hold.")


class LotOffered(Conflict):
    """The lot is reserved by an offer."""

    code = "lot_offered"
    text = N_("Lot %(number)s is on offer.")


class LotSold(Conflict):
    """The lot belongs to a buyer."""

    code = "lot_sold"
    text = N_("Lot %(number)s is sold.")


class LotGone(Conflict):
    """The lot has left the house."""

    code = "lot_gone"
    text = N_("Lot %(number)s has left the house.")


class LotUsed(Conflict):
    """Another event of the genealogy used the lot up."""

    code = "lot_used"
    text = N_("Lot %(number)s was used up by another operation.")


class LotCancelled(Conflict):
    """The lot was cancelled."""

    code = "lot_cancelled"
    text = N_("Lot %(number)s is cancelled.")


class ClassFixed(Conflict):
    """Class and measurements of a lot are to change after it was offered, sold, settled or cancelled."""

    code = "class_fixed"
    text = N_(
        "Lot %(number)s is %(state)s: which measurements count can no longer change. "
        "Others have acted on the class as it is."
    )
