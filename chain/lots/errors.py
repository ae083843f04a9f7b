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


class LotBeingSettled(Conflict):
    """A settlement that was approved pays the lot: nothing of the lot changes, unless that settlement is discarded or reversed."""

    code = "lot_being_settled"
    text = N_("A settlement that was approved pays lot %(number)s: nothing of it can be changed now.")


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


class TooManyLots(DomainError):
    """More lots than one file or one sheet of labels may hold were asked for at once."""

    code = "too_many_lots"
    kind = Kind.TOO_LARGE
    text = N_("These are more than %(limit)s lots. Narrow the filters and try again.")


class SearchNameTaken(Conflict):
    """The person already keeps a search of that name."""

    code = "search_name_taken"
    text = N_("You already have a search called “%(name)s”.")
    field = "name"


class TooManySearches(DomainError):
    """The person keeps as many searches as one may."""

    code = "too_many_searches"
    kind = Kind.REFUSED
    text = N_("You keep %(limit)s searches already. Delete one first.")
    field = "name"


class LotNotCorrectable(Conflict):
    """Others have acted on the lot: it is on offer, sold, settled or cancelled, or was made of other lots."""

    code = "lot_not_correctable"
    text = N_("Lot %(number)s is %(state)s: it can no longer be corrected.")


class AlreadyCorrected(Conflict):
    """Somebody else corrected the lot before."""

    code = "already_corrected"
    text = N_("Lot %(number)s was corrected before: lot %(later)s stands in its place.")


class TooManyPhotos(Conflict):
    """A lot has as many photos as it may have."""

    code = "too_many_photos"
    text = N_("A lot takes at most %(limit)s photos.")


class NotAPhoto(DomainError):
    """The file is no photo that can be read, or far too large a picture."""

    code = "not_a_photo"
    kind = Kind.INVALID
    text = N_("Send a photo as JPEG, PNG or WebP, of at most %(limit)s million pixels.")
    field = "file"


class RejectionClosed(Conflict):
    """The rejected goods are no longer there."""

    code = "rejection_closed"
    text = N_("These goods were already collected, returned or thrown away.")


class WeighingClosed(Conflict):
    """The open weighing was closed or discarded before."""

    code = "weighing_closed"
    text = N_("This weighing is no longer open. Load the page again.")


class NothingWeighed(DomainError):
    """An open weighing without a bag cannot become a lot."""

    code = "nothing_weighed"
    kind = Kind.INVALID
    text = N_("Nothing was weighed yet.")


class TooManyWeighings(Conflict):
    """Too many weighings are open at once."""

    code = "too_many_weighings"
    text = N_("%(limit)s weighings are open. Close some first.")


class NoNote(Conflict):
    """A goods-received note is for a delivery that stands; none was issued before it was cancelled."""

    code = "no_goods_note"
    text = N_("Lot %(number)s has no goods-received note: it was cancelled, or made of other lots.")


class LotMadeHere(Conflict):
    """A lot that was made of others is taken back by undoing the operation that made it, not by cancelling it."""

    code = "lot_made_here"
    text = N_("Lot %(number)s was made of other lots. Undo the operation that made it.")
