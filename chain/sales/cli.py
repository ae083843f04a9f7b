"""`chain market`."""

import json
from typing import TYPE_CHECKING

import click

from chain.core.catalogues import translate
from chain.core.i18n import N_, Message

if TYPE_CHECKING:
    from uuid import UUID

    from chain.sales.models import MarketEntry

EXIT_DIFFERS = 1


@click.group("market")
def market() -> None:
    """Check the market's events."""


@market.command("replay")
@click.argument("event", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Write JSON with the whole log.")
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the sentences."
)
def replay(event: "UUID", as_json: bool, language: str) -> None:
    """Run the public log of EVENT through the rules again and say whether the result is the same.

    EVENT is the id in the address of the event's page: a tender, an auction, a clock, a match or an offer. The log's chain of
    fingerprints, the sealed bids and the award are compared with the database. Examples:

        chain market replay 01936f0e-7a3c-7cc2-b1de-3f5e8f2a9c41

        chain market replay 01936f0e-7a3c-7cc2-b1de-3f5e8f2a9c41 --json > log.json

    Exit code 0: the same result. 1: something differs, or there is no such event.
    """
    from chain.core.db import db
    from chain.sales.queries.events import replay_event
    from chain.sales.queries.log import aliases, log_of, marks_of
    from chain.serve import make_app

    with make_app().app_context():
        entries = log_of(db.session, event)
        if not entries:
            raise click.ClickException(translate(language, Message(N_("No event with this id has a log."))))
        replayed = replay_event(db.session, event, entries[0].event_kind)
        names = aliases(entries)

        def plain(entry: "MarketEntry") -> dict[str, object]:
            return {
                "sequence": entry.sequence,
                "kind": entry.kind,
                "at": entry.at.isoformat(),
                "bidder": names.get(entry.buyer_id) if entry.buyer_id else None,
                "bidder_mark": marks_of(event, None, entry.buyer_id).buyer,
                "user_mark": marks_of(event, entry.user_id, None).user,
                "data": entry.data,
                "previous_hash": entry.previous_hash,
                "hash": entry.hash,
            }

        found = [translate(language, line) for line in replayed.lines]
        if as_json:
            said = {
                "event": str(event),
                "kind": entries[0].event_kind,
                "agrees": replayed.agrees,
                "found": found,
                "log": [plain(entry) for entry in entries],
            }
            click.echo(json.dumps(said, ensure_ascii=False, indent=1))
        else:
            for line in found:
                click.echo(line)
            verdict = N_("Same result.") if replayed.agrees else N_("The result differs.")
            click.echo(translate(language, Message(verdict)))
    if not replayed.agrees:
        raise SystemExit(EXIT_DIFFERS)
