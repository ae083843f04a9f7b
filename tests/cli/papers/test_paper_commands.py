"""`chain papers check` and `chain papers series`."""

import json
from datetime import date
from pathlib import Path

import pytest

from chain.core.signing import KEY_FILE, Signer, base32
from chain.papers.codes import Statement, sign_statement
from tests.cli.conftest import ChainCli

SECRET = "a key of another house, of some forty letters"
SIGNER = Signer(SECRET)
STATEMENT = Statement(
    "PE", "20448123456", "R001-00000123", date(2026, 3, 14), "PEN", 229_201, "A" * 16, "B" * 16
)
CODE = sign_statement(STATEMENT, SIGNER).text


def test_a_code_is_checked_with_a_key_that_was_given(chain_cli: ChainCli, tmp_path: Path) -> None:
    result = chain_cli("papers", "check", "--key", base32(SIGNER.public), CODE)
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "genuine",
            "number: R001-00000123",
            "house: PE 20448123456",
            "issued on: 2026-03-14",
            "amount: PEN 2292.01",
            f"key: {SIGNER.key_id}",
        ],
    )
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"items": [{"public_key": base32(SIGNER.public)}]}))
    assert chain_cli("papers", "check", "--keys", str(file), CODE).exit_code == 0


def test_a_changed_code_ends_with_one(chain_cli: ChainCli) -> None:
    result = chain_cli("papers", "check", "--key", base32(SIGNER.public), CODE.replace("229201", "929201"))
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, "changed")
    assert chain_cli("papers", "check", "--key", base32(SIGNER.public), "hola").stdout == "unreadable\n"
    other = base32(Signer("x").public)
    assert chain_cli("papers", "check", "--key", other, CODE).stdout.startswith("unknown_key")


def test_the_key_of_the_installation_is_taken_when_none_is_given(
    chain_cli: ChainCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAIN_VAR_DIR", str(tmp_path))
    refused = chain_cli("papers", "check", CODE)
    assert refused.exit_code == 2
    assert "There is no key here" in refused.stderr
    assert not (tmp_path / KEY_FILE).exists()
    (tmp_path / KEY_FILE).write_text(SECRET)
    assert chain_cli("papers", "check", CODE).exit_code == 0


@pytest.mark.parametrize(
    "options", [("--key", "x!"), ("--key", "AAAA"), ("--keys", "missing.json"), ("--keys", ".")]
)
def test_unusable_keys_are_refused_in_words(chain_cli: ChainCli, options: tuple[str, str]) -> None:
    result = chain_cli("papers", "check", *options, CODE)
    assert result.exit_code in {1, 2}
    assert "Traceback" not in result.output


def test_series_are_told_and_an_unknown_house_refused(chain_cli: ChainCli) -> None:
    assert chain_cli("papers", "series", "--organisation", "CC01").exit_code == 0
    assert chain_cli("papers", "series", "--organisation", "XX99").exit_code == 1
