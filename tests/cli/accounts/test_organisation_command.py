"""`chain organisation add`: how an installation without the demonstration begins."""

from tests.cli.conftest import ChainCli


def test_an_installation_begins_without_the_demonstration(chain_cli: ChainCli) -> None:
    made = chain_cli(
        *(
            "organisation",
            "add",
            "programa",
            "--kind",
            "programme",
            "--name",
            "Mi programa",
            "--country",
            "BO",
        )
    )
    assert made.exit_code == 0, made.output
    assert made.stdout == "Mi programa was added with the code PROGRAMA.\n"
    user = chain_cli(
        *("user", "add", "nueva", "--organisation", "PROGRAMA", "--role", "operator", "--name", "Rosa")
    )
    assert user.exit_code == 0, user.output
    assert "Platform operator" in chain_cli("user", "list", "--organisation", "PROGRAMA").stdout


def test_what_cannot_be_an_organisation_is_refused_in_one_line(chain_cli: ChainCli) -> None:
    rest = ("--kind", "centre", "--name", "Centro", "--country", "PE")
    for arguments in (
        ("CC01", *rest),  # taken
        ("a b", *rest),
        ("CC77", *rest, "--parent", "NONE"),
        ("CC77", *rest, "--parent", "CC01"),  # a centre is nobody's parent
    ):
        result = chain_cli("organisation", "add", *arguments)
        assert result.exit_code == 1, result.output
        assert result.stderr.startswith("Error: ")
        assert len(result.stderr.splitlines()) == 1
    assert "CC77" not in chain_cli("user", "list").stdout
