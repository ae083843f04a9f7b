"""`chain receipts`."""

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from chain.accounts.edge_cli import find_organisation
from chain.core.catalogues import translate
from chain.core.whole_files import whole_file
from chain.papers.rules import PaperFormat

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@click.group()
def receipts() -> None:
    """Print receipts as PDF."""


@receipts.command("print")
@click.option("--organisation", "code", required=True, metavar="CODE", help="Whose receipts.")
@click.option(
    "--run", "number", type=int, default=None, metavar="NUMBER", help="All receipts of this settlement."
)
@click.option(
    "--receipt",
    "serials",
    multiple=True,
    metavar="SERIAL",
    help="One receipt, such as R001-00000123; repeatable.",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The PDF to write."
)
@click.option(
    "--format",
    "fmt",
    type=click.Choice([one.value for one in PaperFormat]),
    default=PaperFormat.A5.value,
    show_default=True,
    help="On what: sheets, two on a sheet, or rolls.",
)
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the paper."
)
@click.option(
    "--job", "is_job", is_flag=True, help="As one job of several processes, for thousands of receipts."
)
@click.option(
    "--resume", type=click.UUID, default=None, metavar="ID", help="Go on with a job that was ended or killed."
)
@click.option(
    "--processes",
    type=click.IntRange(1, 16),
    default=2,
    show_default=True,
    help="Of a job; one per core is best.",
)
def print_(
    *,
    code: str,
    number: int | None,
    serials: tuple[str, ...],
    out: Path,
    fmt: str,
    language: str,
    is_job: bool,
    resume: UUID | None,
    processes: int,
) -> None:
    """Print receipts into one PDF; each print is noted, and after the original they say COPIA.

    With --job the receipts are drawn in blocks by several processes; what is drawn is kept, and --resume goes on.
    """
    if not out.parent.is_dir():
        raise click.UsageError(f"There is no folder {out.parent}.")
    if (number is None) + (not serials) + (resume is None) != 2:  # noqa: PLR2004 - one of the three
        raise click.UsageError("Give either --run or --receipt.")
    if is_job or resume is not None:
        from chain.settlement.print_job_cli import print_as_job

        print_as_job(
            code=code,
            number=number,
            serials=serials,
            out=out,
            fmt=fmt,
            language=language,
            resume=resume,
            processes=processes,
        )
        return
    _print_at_once(code=code, number=number, serials=serials, out=out, fmt=fmt, language=language)


def _print_at_once(
    *, code: str, number: int | None, serials: tuple[str, ...], out: Path, fmt: str, language: str
) -> None:
    from chain.accounts.rules import OrganisationKind, Role, system_actor
    from chain.core.clock import utc_now
    from chain.core.db import db
    from chain.core.errors import DomainError
    from chain.papers.drawing.render import render
    from chain.papers.print_edge import print_drawn
    from chain.serve import make_app

    app = make_app()
    with app.app_context():
        organisation = find_organisation(db.session, code)
        actor = system_actor(organisation.id, OrganisationKind(organisation.kind), Role.TREASURER)
        wanted = wanted_papers(db.session, organisation.id, number, serials)
        try:
            address = app.config["SETTINGS"].address
            with whole_file(out) as unfinished:
                printed, _ = print_drawn(
                    actor=actor,
                    now=utc_now(),
                    paper_ids=wanted,
                    fmt=PaperFormat(fmt),
                    draw=lambda sheets: unfinished.write_bytes(
                        render(sheets, PaperFormat(fmt), address=address, language=language)
                    ),
                )
        except DomainError as refused:
            raise click.ClickException(translate(language, refused.message)) from None
        except OSError as problem:
            raise click.ClickException(f"{out}: {problem.strerror}") from None
    click.echo(f"{len(printed)} → {out}")


def wanted_papers(
    session: "Session", organisation_id: UUID, number: int | None, serials: tuple[str, ...]
) -> list[UUID]:
    """Return the papers of a run or by their printed numbers."""
    from chain.papers.queries.papers import paper_ids_by_serial
    from chain.settlement.queries.receipts import receipt_ids_by_number

    if number is not None:
        found = receipt_ids_by_number(session, organisation_id, number)
        if not found:
            raise click.ClickException(
                f"The settlement {number} has no receipts; they are issued when it is accounted."
            )
        return found
    found, missing = paper_ids_by_serial(session, organisation_id, serials)
    if missing:
        raise click.ClickException(f"There is no receipt {', '.join(missing)}.")
    return found
