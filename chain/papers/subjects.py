"""What papers are about, as the areas above tell it: whether a paper may be voided alone, when it was paid, where it is shown.

An area registers its subjects when it is imported; a subject that nobody registered refuses to be voided and has no page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chain.core.i18n import N_, Message
from chain.papers.models import Paper

FALLS_WITH_SUBJECT = N_("It falls with what it is about: undo that, and the paper is voided with it.")


def _falls_with_subject(session: Session, paper: Paper) -> Message | None:
    del session, paper
    return Message(FALLS_WITH_SUBJECT)


def _not_known(session: Session, paper: Paper) -> date | None:
    del session, paper
    return None


def _no_page(session: Session, paper: Paper) -> str | None:
    del session, paper
    return None


@dataclass(frozen=True, slots=True)
class Subject:
    """What an area tells of the things that its papers are about."""

    #: returns why the paper cannot be voided alone, or None when it can
    why_not_void: Callable[[Session, Paper], Message | None] = _falls_with_subject
    #: returns the day on which what the paper says was paid
    paid_on: Callable[[Session, Paper], date | None] = _not_known
    #: returns the path of the page that shows the subject to people of the organisation, such as /settlement/runs/…
    path: Callable[[Session, Paper], str | None] = _no_page
    #: what a link to that page says
    label: str = N_("What it is about")


_subjects: dict[str, Subject] = {}
_UNKNOWN = Subject()


def register_subject(subject_type: str, subject: Subject) -> None:
    """Tell papers of a kind of subject; once per type."""
    _subjects[subject_type] = subject


def subject_of(subject_type: str) -> Subject:
    """Return what is known of a type."""
    return _subjects.get(subject_type, _UNKNOWN)
