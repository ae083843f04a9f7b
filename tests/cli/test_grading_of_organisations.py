"""`chain grade` and `chain price` with an organisation's own schemes, confirmations and grids."""

import csv
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from click.testing import Result
from flask import Flask

from chain.core.db import atomic
from chain.grading import grid_files, scheme_files
from chain.grading.rules import unconfirmed_values
from chain.grading.scheme_files import get_scheme
from chain.grading.services.confirmations import confirm_value
from chain.grading.services.own_schemes import save_own_scheme
from chain.grading.services.price_grids import save_own_grid
from tests.support.cast import Cast

CAST = Cast()
Cli = Callable[..., Result]


def document(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(path.read_bytes())
    return read


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_what_the_organisation_confirmed_counts(
    chain_cli: Cli, fresh_app: Flask, now: datetime, tmp_path: Path
) -> None:
    file = tmp_path / "milk.csv"
    file.write_text("fat,density\n2.0,1.030\n", encoding="utf-8")
    arguments = ("grade", str(file), "--scheme", "ntp-202.001")
    assert rows(chain_cli(*arguments, "--organisation", "CC01").stdout)[0]["grade"] == ""
    (fat,) = (one for one in unconfirmed_values(get_scheme("ntp-202.001", "2003")) if one.key == "fat")
    with fresh_app.app_context(), atomic() as session:
        confirm_value(
            session,
            actor=CAST.everything.actor,
            now=now,
            scheme="ntp-202.001",
            edition="2003",
            value_key="fat",
            value=fat.value,
            person="Eulalia Huamán",
            basis="Purchased copy, page 4",
        )
    assert rows(chain_cli(*arguments).stdout)[0]["grade"] == ""
    assert rows(chain_cli(*arguments, "--organisation", "CC01").stdout)[0]["grade"] == "reject"


def test_a_mills_own_classes_and_prices(
    chain_cli: Cli, fresh_app: Flask, now: datetime, tmp_path: Path
) -> None:
    ladder = document(scheme_files.FOLDER / "infoalpacas-undated.yaml")
    with fresh_app.app_context(), atomic() as session:
        scheme = save_own_scheme(session, actor=CAST.everything.actor, now=now, document=ladder, word="mill")
        key, edition = scheme.key, scheme.edition
        grid = save_own_grid(
            session,
            actor=CAST.everything.actor,
            now=now,
            word="prices",
            document={
                **document(grid_files.FOLDER / "aafl-2005-10-01.yaml"),
                "currency": "PEN",
                "unit": "lb",
                "grades_from": {"scheme": key, "edition": edition},
                "cells": [
                    {"grade": "baby", "length_class": None, "outcome": "priced", "price": "20.00"},
                    {"grade": "coarse", "length_class": None, "outcome": "refused", "price": None},
                ],
            },
        )
        grid_key = grid.key
    file = tmp_path / "lots.csv"
    file.write_text("micron,weight_kg\n22,45.359237\n31,1\n25,1\n", encoding="utf-8")
    graded = chain_cli("grade", str(file), "--scheme", key, "--organisation", "CC01")
    assert [row["grade"] for row in rows(graded.stdout)] == ["baby", "coarse", "superfine"]
    priced = chain_cli("price", str(file), "--grid", grid_key, "--organisation", "CC01")
    assert [(row["price"], row["amount"]) for row in rows(priced.stdout)] == [
        ("20.00", "2000.00"),
        ("refused", ""),
        ("refused", ""),
    ]
    assert chain_cli("price", str(file), "--grid", grid_key, "--organisation", "CC02").exit_code == 2
    assert chain_cli("price", str(file), "--grid", grid_key).exit_code == 2


def test_an_organisation_that_is_not_there(chain_cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "lots.csv"
    file.write_text("micron\n22\n", encoding="utf-8")
    result = chain_cli("grade", str(file), "--organisation", "NONE")
    assert result.exit_code == 2
    assert "NONE" in result.stderr
