"""Running commands as a shell would, on a database of the test's own."""

from collections.abc import Callable, Sequence

import pytest
from click.testing import CliRunner, Result

from chain.cli import main
from tests.support.databases import Database
from tests.support.live import environment

ChainCli = Callable[..., Result]


@pytest.fixture
def chain_cli(fresh_database: Database, monkeypatch: pytest.MonkeyPatch) -> ChainCli:
    """Run a command: `result = chain_cli("lots", "import", str(path), stdin="…")`; look at exit_code, stdout, stderr.

    The command works on `fresh_database`, as DATABASE_URL tells it to. A crash (anything but a clean exit) is raised.
    """
    for name, value in environment(fresh_database).items():
        monkeypatch.setenv(name, value)

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(main, list(arguments), input=stdin, prog_name="chain")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def lines(result: Result) -> Sequence[str]:
    """Return what a command printed, line by line."""
    return result.stdout.splitlines()
