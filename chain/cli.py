"""The `chain` command. Commands that need no database import nothing of the web."""

import sys
from importlib import import_module
from typing import Any

import click

#: Command → "module:attribute"; a module is imported only when its command is called, so that `chain grade` starts fast.
COMMANDS = {
    "start": (
        "chain.serve:start",
        "Migrate, load the demo if the database is empty, start web server and worker.",
    ),
    "serve": ("chain.serve:serve", "Start the web server."),
    "stream": ("chain.serve:stream", "Stream live auctions to their pages."),
    "worker": ("chain.serve:worker", "Do what the outbox holds: close tenders, print in bulk."),
    "db": ("chain.serve:database", "Migrate the database."),
    "demo": ("chain.demo.cli:demo", "Load the demonstration season into an empty database."),
    "grade": ("chain.grading.cli:grade", "Classify the rows of a file by a norm; needs no database."),
    "price": (
        "chain.grading.price_cli:price_rows",
        "Price the rows of a file with a grid; needs no database.",
    ),
    "match": (
        "chain.matching.cli:match",
        "Match the lots of a file with the demands of another; needs no database.",
    ),
    "lots": ("chain.lots.cli:lots", "Import lots from files."),
    "trace": ("chain.genealogy.cli:trace", "Trace a lot to its deliveries, or to what became of it."),
    "genealogy": ("chain.genealogy.cli:genealogy", "Verify what was made of what."),
    "laboratory": ("chain.laboratory.cli:laboratory", "Import measurements from files of instruments."),
    "market": (
        "chain.sales.cli:market",
        "Run the public log of a tender or auction through its rules again.",
    ),
    "settle": (
        "chain.settlement.fortnight.cli:settle",
        "Settle a dairy's fortnight from the files of a folder; needs no database.",
    ),
    "dairy": (
        "chain.settlement.fortnight.cli:dairy",
        "Bring in readings, quotas and more from files.",
    ),
    "receipts": ("chain.settlement.cli:receipts", "Print receipts as PDF."),
    "papers": (
        "chain.papers.cli:papers",
        "Check the signed codes of papers, and series for gaps.",
    ),
    "dues": ("chain.dues.cli:dues", "Bring in debts of producers."),
    "payin": ("chain.payin.cli:payin", "Import bank statements, catch up with the card provider."),
    "ledger": ("chain.ledger.cli:ledger", "Verify the books, export them, bring in opening balances."),
    "income": ("chain.income.cli:income", "Bring in income from earlier books."),
    "organisation": ("chain.accounts.cli:organisation", "Add the first organisations."),
    "user": ("chain.accounts.cli:user", "Add and list users, give new passwords."),
}


#: What databases say when a table or a column is missing: words of SQLite, states of PostgreSQL.
NO_TABLE_WORDS = ("no such table", "no such column")
NO_TABLE_STATES = frozenset({"42P01", "42703"})


class LazyGroup(click.Group):
    """A group that imports a command when it is called."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what its database refuses is told in one line."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            told = database_problem(error)
            if told is None:
                raise
            raise click.ClickException(told) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which a newcomer needs them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def database_problem(error: Exception) -> str | None:
    """Return a sentence for a database that is away, without tables, busy or full; None for any other error."""
    if "sqlalchemy.exc" not in sys.modules:  # the command needs no database
        return None
    from sqlalchemy.exc import DBAPIError, OperationalError

    from chain.core.db import Busy, StorageFull

    if isinstance(error, (Busy, StorageFull)):
        return str(error)
    if not isinstance(error, DBAPIError):
        return None
    words = str(error.orig).strip()
    if getattr(error.orig, "sqlstate", None) in NO_TABLE_STATES or words.startswith(NO_TABLE_WORDS):
        from chain.serve import OLD_SCHEMA

        return OLD_SCHEMA
    if not isinstance(error, OperationalError):
        return None
    return f"The database cannot be used: {words.splitlines()[0]}"


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="chain")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Chain (Cadena): from the lot at the collection centre to the receipt in each producer's hand.

    New here? Three ways to begin:

    \b
      chain start                       Look around: a demonstration season at http://127.0.0.1:8000,
                                        with one sign-in per role printed. Ctrl-C ends it.
      chain grade lots.csv              Class a file of fibre by its microns, without any database.
      chain organisation add --help     Begin in earnest, without the demonstration.

    `chain COMMAND --help` explains one command. Settings come from the environment (docs/operating.md).
    """  # noqa: D301 — click takes \b for lines to be left as they are
    ctx.obj = _make_app  # the areas stand below the application: their commands get it from here


def _make_app() -> Any:
    """Build the application when a command asks for it."""
    return import_module("chain.serve").make_app()


def run(**kwargs: Any) -> None:
    """Run the command; for `python -m chain.cli`."""
    main(**kwargs)


if __name__ == "__main__":
    run()
