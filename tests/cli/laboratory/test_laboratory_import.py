from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic, db
from chain.laboratory.models import Measurement
from tests.support.cast import Cast
from tests.support.laboratory import file_with, make_instrument, ofda_mapping, sampled_lots

Cli = Callable[..., Result]


@pytest.fixture
def file(fresh_app: Flask, now: datetime, set_clock: Callable[[datetime], None], tmp_path: Path) -> Path:
    set_clock(now)
    with fresh_app.app_context(), atomic() as session:
        codes = [code for _, code in sampled_lots(session, now, 3)]
        make_instrument(session, now, ofda_mapping())
        make_instrument(session, now, name="Sin columnas")
    path = tmp_path / "ofda.csv"
    path.write_bytes(file_with("ofda-synthetic.csv", codes))
    return path


@pytest.fixture
def bring(chain_cli: Cli, cast: Cast) -> Cli:
    def run(path: Path, *options: str, instrument: str = "OFDA 2000", by: str | None = None) -> Result:
        user = by or cast.clerk.username
        return chain_cli(
            "laboratory", "import", str(path), "--instrument", instrument, "--organisation", "cc01", "--by", user, *options
        )  # fmt: skip

    return run


def stored(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Measurement)) or 0


def test_a_dry_run_writes_nothing_and_the_real_one_everything(
    bring: Cli, file: Path, fresh_app: Flask, cast: Cast
) -> None:
    dry = bring(file, "--dry-run")
    assert (dry.exit_code, stored(fresh_app)) == (0, 0)
    assert "se pueden guardar 18 valores" in dry.stdout
    real = bring(file, "--language", "en")
    assert (real.exit_code, stored(fresh_app)) == (0, 18)
    assert "Values stored: 18. Already stored: 0." in real.stdout
    assert "Already stored: 18" in bring(file, "--language", "en").stdout
    with fresh_app.app_context():
        assert set(db.session.scalars(select(Measurement.recorded_by))) == {cast.clerk.id}


def test_bad_rows_stop_the_file_or_are_left_out(bring: Cli, file: Path, fresh_app: Flask) -> None:
    file.write_bytes(file.read_bytes() + b"XXXXXXX,,20,,,,,,\n")
    refused = bring(file)
    assert (refused.exit_code, stored(fresh_app)) == (1, 0)
    assert "Fila 10, columna Sample ID" in refused.stderr
    assert (bring(file, "--skip-bad").exit_code, stored(fresh_app)) == (1, 18)


def test_what_cannot_be_used_is_told_in_one_line(bring: Cli, file: Path, cast: Cast) -> None:
    for result in (
        bring(file, instrument="Otro"),
        bring(file, instrument="Sin columnas"),
        bring(file, by="nadie"),
        bring(file, by=cast.outsider.username),
        bring(file, by=cast.seller.username),
        bring(file.with_name("no.csv")),
    ):
        assert result.exit_code == 2, result.output
        assert len(result.stderr.strip().splitlines()) == 1
