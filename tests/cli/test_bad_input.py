"""The command refuses each bad row and file in the chosen language, on stderr, and writes nothing."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import Result
from flask import Flask

from chain.core.db import atomic, db
from chain.producers.queries import names_of
from tests.support.bad_input import (
    BAD_DELIVERIES,
    BROKEN_WORKBOOK,
    BROKEN_WORKBOOKS,
    LANGUAGES,
    BadDelivery,
    everything_written,
    file_with,
)
from tests.support.cast import CENTRE
from tests.support.lots import make_producer

Cli = Callable[..., Result]


@pytest.fixture
def member_code(fresh_app: Flask, now: datetime, set_clock: Callable[[datetime], None]) -> str:
    set_clock(now)
    with fresh_app.app_context(), atomic() as session:
        producer: UUID = make_producer(session, now)
        return names_of(session, CENTRE.id, {producer})[producer].member_code


def written(app: Flask) -> dict[str, int]:
    with app.app_context():
        return everything_written(db.session)


@pytest.mark.parametrize("bad", BAD_DELIVERIES, ids=lambda bad: bad.label)
def test_a_row_that_cannot_be_true(
    chain_cli: Cli, fresh_app: Flask, tmp_path: Path, member_code: str, bad: BadDelivery
) -> None:
    file = tmp_path / "acopio.csv"
    file.write_bytes(file_with(member_code, bad.cells))
    before = written(fresh_app)
    for language in LANGUAGES:
        result = chain_cli("lots", "import", str(file), "--centre", "CC01", "--language", language)
        assert (result.exit_code, result.stdout) == (1, "")
        assert bad.words_in_file(language) in result.stderr
        assert next(iter(bad.cells)) in result.stderr, "the column is named as in the file"
    assert written(fresh_app) == before


@pytest.mark.parametrize("label", BROKEN_WORKBOOKS)
def test_a_malformed_workbook(
    chain_cli: Cli, fresh_app: Flask, tmp_path: Path, member_code: str, label: str
) -> None:
    del member_code
    file = tmp_path / "lotes.xlsx"
    file.write_bytes(BROKEN_WORKBOOKS[label])
    before = written(fresh_app)
    for language in LANGUAGES:
        result = chain_cli("lots", "import", str(file), "--centre", "CC01", "--language", language)
        assert (result.exit_code, result.stdout) == (2, "")
        assert BROKEN_WORKBOOK[language] in result.stderr
    assert written(fresh_app) == before
