"""A newcomer finds the way with --help."""

import re

from chain.cli import COMMANDS
from tests.cli.conftest import ChainCli


def test_help_tells_a_newcomer_what_to_do_first(chain_cli: ChainCli) -> None:
    result = chain_cli("--help")
    assert result.exit_code == 0
    beginning = result.stdout.split("Commands:")[0]
    for command in (
        "chain start",
        "chain grade lots.csv",
        "chain organisation add --help",
        "docs/operating.md",
    ):
        assert command in beginning


def test_help_names_every_command_and_each_explains_itself(chain_cli: ChainCli) -> None:
    listed = chain_cli("--help").stdout.split("Commands:")[1]
    wanted = (
        "serve",
        "demo",
        "db",
        "worker",
        "lots",
        "grade",
        "receipts",
        "papers",
        "ledger",
        "user",
        "start",
        "organisation",
    )
    for name in wanted:
        assert re.search(rf"^  {name} +[A-Z]", listed, re.MULTILINE)
    for words in (*((name,) for name in COMMANDS), ("db", "upgrade"), ("lots", "import"), ("receipts", "print"),
                  ("ledger", "verify"), ("user", "add"), ("organisation", "add"), ("income", "import")):  # fmt: skip
        helped = chain_cli(*words, "--help")
        assert helped.exit_code == 0
        assert f"Usage: chain {' '.join(words)}" in helped.stdout


def test_an_unknown_command_is_refused_with_a_sentence(chain_cli: ChainCli) -> None:
    result = chain_cli("nonsense")
    assert result.exit_code == 2
    assert "No such command 'nonsense'" in result.stderr
