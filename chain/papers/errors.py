"""Refusals of papers."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class TooManyPapers(DomainError):
    """More papers in one print than one answer holds."""

    code = "too_many_papers"
    kind = Kind.TOO_LARGE
    text = N_("At most %(limit)s papers are printed at once.")


class SeriesOfAnotherKind(Conflict):
    """A series holds one kind of paper, for ever: an internal receipt never takes the number of a legal one."""

    code = "series_of_another_kind"
    text = N_("The series %(series)s holds papers of another kind.")


class BadSeries(DomainError):
    """A series that is not one to four capitals and digits."""

    code = "bad_series"
    kind = Kind.INVALID
    text = N_("A series has one to four capital letters and digits, such as R001.")
    field = "series"


class PaperStands(Conflict):
    """A subject has one standing paper of a kind: the old one is voided before a new one is issued."""

    code = "paper_stands"
    text = N_("There is a paper already that was not voided.")


class PaperAlreadyVoided(Conflict):
    """A paper is voided once."""

    code = "paper_already_voided"
    text = N_("The paper %(serial)s is voided already.")


class VoidRefused(DomainError):
    """What the paper is about does not allow to void the paper alone."""

    code = "void_refused"
    text = N_("This paper cannot be voided on its own. %(why)s")


class PrintedMeanwhile(Conflict):
    """Somebody else printed or voided the same papers while they were drawn, several times over; nothing was noted."""

    code = "printed_meanwhile"
    text = N_("Somebody else printed these papers at the same moment. Print them again.")


class FormatNotForKind(DomainError):
    """A paper with wide tables does not fit on a roll."""

    code = "format_not_for_kind"
    kind = Kind.INVALID
    text = N_("This paper is not printed in that format.")
    field = "format"


class JobNotReady(Conflict):
    """The file of a print job is there when its last block is drawn."""

    code = "job_not_ready"
    text = N_("The printing is not finished: %(done)s of %(papers)s papers are drawn.")
