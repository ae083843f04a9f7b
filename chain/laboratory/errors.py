"""Refusals of the laboratory."""

from chain.core.errors import Conflict, DomainError, Kind, SamePerson
from chain.core.i18n import N_


class NotASampleCode(DomainError):
    """What was typed cannot be a sample code: its length, its letters or its check character are wrong."""

    code = "sample_code_invalid"
    kind = Kind.INVALID
    text = N_(
        "“%(value)s” is not a sample code. Check each character: a wrong or swapped one is always found."
    )
    field = "code"


class UnknownSample(DomainError):
    """A well-formed sample code that this organisation never gave."""

    code = "unknown_sample"
    kind = Kind.INVALID
    text = N_("We have no sample with the code %(value)s.")
    field = "code"


class SampleStaysSealed(Conflict):
    """A seal is to be opened while somebody grades the sample blind."""

    code = "sample_sealed"
    text = N_("A second opinion is open on this sample: its seal stays closed until it is decided.")


class InstrumentNameTaken(Conflict):
    """Another instrument of the organisation has the name."""

    code = "instrument_name_taken"
    text = N_("There is already an instrument with this name.")
    field = "name"


class InstrumentArchived(Conflict):
    """The instrument is no longer in use."""

    code = "instrument_archived"
    text = N_("The instrument “%(name)s” is no longer in use.")
    field = "instrument_id"


class NoMapping(DomainError):
    """A file is to be read, and nobody has said what the columns of this instrument's files mean."""

    code = "mapping_missing"
    kind = Kind.INVALID
    text = N_("Say first what the columns of this instrument's files mean.")
    field = "file"


class MappingRefused(DomainError):
    """The meaning of columns that was said cannot work."""

    code = "mapping_refused"
    kind = Kind.INVALID
    text = N_("The columns cannot be read this way.")


class ChoiceUnchanged(Conflict):
    """The measurement already counts."""

    code = "choice_unchanged"
    text = N_("This value already counts.")


class OpinionNeedsClass(Conflict):
    """A second opinion on a lot whose class nobody has confirmed."""

    code = "opinion_needs_class"
    text = N_("The class of lot %(number)s is not confirmed yet: there is nothing to appeal against.")


class OpinionTooLate(Conflict):
    """The time to ask for a second opinion is over."""

    code = "opinion_too_late"
    text = N_("A second opinion could be asked until %(until)s.")


class OpinionExists(Conflict):
    """There is a second opinion on this class already, open or decided."""

    code = "opinion_exists"
    text = N_("There is already a second opinion on this class of lot %(number)s.")


class OpinionClosed(Conflict):
    """The second opinion was decided, withdrawn or has lapsed."""

    code = "opinion_closed"
    text = N_("This second opinion is no longer open: it is %(state)s.")


class NotBlind(SamePerson):
    """Somebody who knows the lot wants to grade it blind: who registered, graded, sampled it, or asked."""

    code = "not_blind"
    text = N_(
        "Another person must decide: you weighed, graded or sampled this lot, or asked for the second opinion."
    )


class NotYourOpinion(DomainError):
    """Somebody wants to withdraw a second opinion that another person asked for."""

    code = "not_your_opinion"
    kind = Kind.FORBIDDEN
    text = N_("Only who asked for a second opinion can withdraw it.")


class BadMeasurementRows(DomainError):
    """Rows of an instrument's file cannot be taken and skipping them was not asked for; nothing was written."""

    code = "measurement_rows_refused"
    kind = Kind.INVALID
    text = N_("%(bad)s of %(total)s rows cannot be read. Nothing was stored.")
