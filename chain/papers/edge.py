"""What pages and API of papers share: filters from an address, and papers drawn as an answer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.clock import utc_now
from chain.papers.drawing.render import render
from chain.papers.drawing.sheets import sheet_of
from chain.papers.errors import FormatNotForKind, JobNotReady
from chain.papers.models import Paper
from chain.papers.print_edge import print_drawn
from chain.papers.queries.jobs import JobRow, job_file
from chain.papers.queries.papers import PaperFilters
from chain.papers.rules import KIND_FORMATS, JobState, PaperFormat, PaperKind, PaperState, is_printed_on
from chain.web.pdf import own_address, pdf_answer

#: Papers in one PDF on the web: some seconds of drawing. Larger ones are printed in parts, or by a job.
PART = 100
MAX_SEARCH = 100
E = TypeVar("E", bound=StrEnum)


def wanted(kind: type[E], text: str | None) -> E | None:
    """Return a value of an enumeration by what an address says; None when it says nothing or nonsense."""
    return kind(text) if text in set(kind) else None


def wanted_day(text: str | None) -> date | None:
    """Return a day of an address; None when there is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def filters_of(args: Mapping[str, str]) -> PaperFilters:
    """Return the filters of an address; what cannot be read does not filter."""
    return PaperFilters(
        kind=wanted(PaperKind, args.get("kind")),
        series=(args.get("series") or "")[:4].strip().upper() or None,
        text=(args.get("q") or "")[:MAX_SEARCH].replace("\0", ""),
        state=wanted(PaperState, args.get("state")),
        first_day=wanted_day(args.get("from")),
        last_day=wanted_day(args.get("to")),
    )


def usual_format(kind: PaperKind) -> PaperFormat:
    """Return the format that a kind is printed in when nobody says otherwise."""
    return KIND_FORMATS[kind][0]


def format_for(paper: Paper, text: str | None) -> PaperFormat:
    """Return the wanted format of a paper.

    Raises:
        FormatNotForKind: there is no such format, or the kind is not printed in it.
    """
    kind = PaperKind(paper.kind)
    if not text:
        return usual_format(kind)
    found = wanted(PaperFormat, text)
    if found is None or not is_printed_on(kind, found):
        raise FormatNotForKind
    return found


def paper_language(text: str | None) -> str:
    """Return Spanish, the language of the paper, unless English is asked for."""
    return "en" if text == "en" else "es"


def reading_answer(paper: Paper, fmt: PaperFormat, language: str = "es") -> Response:
    """Answer with a paper marked as for reading; it counts as no print."""
    sheet = sheet_of(paper)
    return pdf_answer(render([sheet], fmt, address=own_address(), language=language), sheet.serial)


def printed_answer(
    actor: Actor, paper_ids: Sequence[UUID], fmt: PaperFormat, language: str = "es"
) -> Response:
    """Print papers: draw them, note each print, and answer with one PDF, named after their first and last number.

    Raises:
        Forbidden, NotFound, FormatNotForKind, TooManyPapers, PrintedMeanwhile: see print_drawn.
    """
    sheets, pdf = print_drawn(
        actor=actor,
        now=utc_now(),
        paper_ids=paper_ids,
        fmt=fmt,
        draw=lambda drawn: render(drawn, fmt, address=own_address(), language=language),
    )
    name = sheets[0].serial if len(sheets) == 1 else f"{sheets[0].serial}_{sheets[-1].serial}"
    return pdf_answer(pdf, name)


def job_answer(session: Session, row: JobRow, keep: Callable[[Iterator[bytes]], Iterator[bytes]]) -> Response:
    """Answer with the file of a print job, merged while it is sent: one block is in memory at a time.

    `keep` holds the request's context until the end (flask.stream_with_context).

    Raises:
        JobNotReady: blocks are still to be drawn.
    """
    if row.state is not JobState.READY:
        raise JobNotReady(done=row.papers_done, papers=row.job.papers)
    name = f"{row.job.first_serial}_{row.job.last_serial}.pdf"
    return Response(
        keep(job_file(session, row.job.id)),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
