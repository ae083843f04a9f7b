"""`chain user`."""

import re
from collections.abc import Callable
from typing import Any


def test_the_command_explains_itself(chain_cli: Callable[..., Any]) -> None:
    result = chain_cli("user", "--help")
    assert result.exit_code == 0
    assert all(word in result.stdout for word in ("add", "list", "reset-password"))


def test_a_user_is_added_and_listed(chain_cli: Callable[..., Any]) -> None:
    added = chain_cli(
        "user",
        "add",
        "--organisation",
        "cc01",
        "--role",
        "clerk",
        "--role",
        "grader",
        "--name",
        "Rosa Mamani",
        "rosa",
    )
    assert added.exit_code == 0, added.output
    assert re.search(r"shown only now\): [a-z0-9-]{14}\n", added.stdout)
    listed = chain_cli("user", "list", "--organisation", "CC01")
    assert re.search(r"CC01 +rosa +Rosa Mamani +Clerk, Quality controller", listed.stdout)
    assert "outsider" not in listed.stdout


def test_a_password_can_be_reset(chain_cli: Callable[..., Any]) -> None:
    reset = chain_cli("user", "reset-password", "clerk")
    assert reset.exit_code == 0, reset.output
    assert re.search(r"shown only now\): [a-z0-9-]{14}\n", reset.stdout)


def test_what_cannot_be_is_refused_in_one_line(chain_cli: Callable[..., Any]) -> None:
    base = ("user", "add", "--name", "Rosa", "--role")
    for arguments in (
        (*base, "clerk", "--organisation", "NONE", "rosa"),
        (*base, "buyer", "--organisation", "CC01", "rosa"),
        (*base, "clerk", "--organisation", "CC01", "clerk"),
        (*base, "clerk", "--organisation", "CC01", "Rosá"),
        ("user", "reset-password", "nobody"),
        ("user", "list", "--organisation", "NONE"),
    ):
        result = chain_cli(*arguments)
        assert result.exit_code == 1, result.output
        assert "Traceback" not in result.output
    assert chain_cli(*base, "king", "--organisation", "CC01", "rosa").exit_code == 2
