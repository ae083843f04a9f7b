"""The `chain` command. Commands that need no database import nothing of the web."""

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
    "worker": ("chain.serve:worker", "Do what the outbox holds: close tenders, print in bulk."),
    "db": ("chain.serve:database", "Migrate the database."),
    "demo": ("chain.demo.cli:demo", "Load the demonstration season into an empty database."),
    "grade": ("chain.grading.cli:grade", "Classify the rows of a CSV file by a norm; needs no database."),
    "lots": ("chain.lots.cli:lots", "Import lots from files."),
    "receipts": ("chain.settlement.cli:receipts", "Print receipts as PDF."),
    "ledger": ("chain.settlement.cli:ledger", "Verify the books."),
    "income": ("chain.income.cli:income", "Bring in income from earlier books."),
    "user": ("chain.accounts.cli:user", "Add users."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is called."""

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


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chain")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Chain (Cadena): from the lot at the collection centre to the receipt in each producer's hand.

    New here? `chain start` brings up everything with a demonstration season and prints how to sign in.
    `chain COMMAND --help` explains one command. Settings come from the environment (docs/operating.md).
    """
    ctx.obj = _make_app  # the areas stand below the application: their commands get it from here


def _make_app() -> Any:
    """Build the application when a command asks for it."""
    return import_module("chain.serve").make_app()


def run(**kwargs: Any) -> None:
    """Run the command; for `python -m chain.cli`."""
    main(**kwargs)


if __name__ == "__main__":
    run()
