"""Settings are checked at the start, each refusal names its setting."""

from pathlib import Path

import pytest

from chain.core.config import BadSetting, load_settings, secret_key


def test_without_settings_sqlite_under_var_serves_on_loopback() -> None:
    settings = load_settings({})
    assert settings.is_sqlite
    assert settings.database.endswith("/var/chain.db")
    assert (settings.host, settings.port, settings.web_processes) == ("127.0.0.1", 8000, 1)
    assert settings.address == "http://127.0.0.1:8000"


def test_postgresql_gets_two_processes() -> None:
    settings = load_settings({"DATABASE_URL": "postgresql+psycopg://chain@localhost/chain"})
    assert not settings.is_sqlite
    assert settings.web_processes == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("CHAIN_SECRET_KEY", "short"),
        ("CHAIN_PORT", "70000"),
        ("CHAIN_PORT", "eighty"),
        ("CHAIN_THREADS", "0"),
        ("CHAIN_LOG_LEVEL", "LOUD"),
        ("CHAIN_LOG_FORMAT", "xml"),
        ("CHAIN_SESSION_HOURS", "0"),
        ("CHAIN_COOKIE_SECURE", "maybe"),
        ("CHAIN_MAX_BODY_BYTES", "10"),
        ("CHAIN_SIGN_IN_ATTEMPTS", "0"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        load_settings({name: value})


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = load_settings({"CHAIN_VAR_DIR": str(tmp_path)})
    first = secret_key(settings)
    assert secret_key(settings) == first
    assert len(first) >= 32
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
