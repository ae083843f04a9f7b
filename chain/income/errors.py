"""Refusals of income."""

from collections.abc import Sequence

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_, Message


class TooManySeasons(DomainError):
    """One call or file brings more seasons from earlier books than are taken at a time."""

    code = "too_many_seasons"
    kind = Kind.TOO_LARGE
    text = N_("At most %(limit)s rows at a time.")


class BadEarlierRows(DomainError):
    """A file of earlier seasons holds rows that cannot be taken; nothing of the file was kept."""

    code = "bad_earlier_rows"
    kind = Kind.INVALID
    text = N_("Nothing was saved: %(count)s rows have mistakes. Correct the file and send it again.")

    def __init__(self, rows: Sequence[tuple[int, str, Message]]) -> None:
        super().__init__(count=len({number for number, _, _ in rows}))
        #: (row of the file, column, what is wrong), at most those that a page can show
        self.rows = rows
