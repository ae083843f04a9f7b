"""A newcomer finds the way with --help."""

from tests.cli.conftest import ChainCli


def test_help_tells_a_newcomer_what_to_do_first(chain_cli: ChainCli) -> None:
    result = chain_cli("--help")
    assert result.exit_code == 0
    assert "chain start" in result.stdout


def test_an_unknown_command_is_refused_with_a_sentence(chain_cli: ChainCli) -> None:
    result = chain_cli("nonsense")
    assert result.exit_code == 2
    assert "No such command 'nonsense'" in result.stderr
