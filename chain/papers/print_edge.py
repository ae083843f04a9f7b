"""Drawing papers and noting their prints: what could not be drawn or written counts as no print. Used by pages, API and command."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from chain.accounts.rules import Actor
from chain.core.db import atomic, db
from chain.papers.drawing.sheets import Sheet, sheet_of
from chain.papers.errors import PrintedMeanwhile
from chain.papers.rules import PaperFormat
from chain.papers.services.printing import papers_to_print, print_papers

#: How often papers are drawn anew because somebody else printed or voided one of them meanwhile.
TRIES = 3
T = TypeVar("T")


def print_drawn(
    *,
    actor: Actor,
    now: datetime,
    paper_ids: Sequence[UUID],
    fmt: PaperFormat,
    draw: Callable[[Sequence[Sheet]], T],
) -> tuple[list[Sheet], T]:
    """Draw papers as the copies that they will be, then note the prints; return the sheets and what `draw` made of them.

    Drawing takes seconds and happens outside of any transaction. The note locks the papers and sees that they are as they
    were drawn; otherwise nothing is noted and they are drawn anew. When `draw` raises, nothing is noted.

    Raises:
        Forbidden, NotFound, FormatNotForKind, TooManyPapers: see print_papers.
        PrintedMeanwhile: others printed the same papers each time.
    """
    for _ in range(TRIES):
        papers = papers_to_print(db.session, actor=actor, paper_ids=paper_ids, fmt=fmt)
        sheets = [sheet_of(paper, paper.printed) for paper in papers]
        db.session.rollback()
        drawn = draw(sheets)
        try:
            _note(actor, now, paper_ids, fmt, sheets)
        except PrintedMeanwhile:
            continue
        return sheets, drawn
    raise PrintedMeanwhile


def _note(
    actor: Actor, now: datetime, paper_ids: Sequence[UUID], fmt: PaperFormat, drawn: Sequence[Sheet]
) -> None:
    with atomic() as session:
        printed = print_papers(session, actor=actor, now=now, paper_ids=paper_ids, fmt=fmt)
        if [sheet_of(one.paper, one.copy) for one in printed] != drawn:
            raise PrintedMeanwhile
