"""`chain demo` on a new machine, as a person sees it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.live import ROOT
from tests.support.patience import PATIENCE_SECONDS


def chain(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    settings = os.environ | {
        "CHAIN_VAR_DIR": str(folder),
        "CHAIN_LOG_LEVEL": "INFO",
        "CHAIN_PASSWORD_FAST": "1",
    }
    settings.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "chain.cli", *arguments],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_it_loads_without_noise_and_leaves_a_database_in_use_alone(tmp_path: Path) -> None:
    first = chain(tmp_path, "demo")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines()[-1] == "The demonstration is loaded."
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    again = chain(tmp_path, "demo")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == (
        "Error: The database already holds organisations; nothing was changed. To begin anew: make demo\n"
    )
    idle = chain(tmp_path, "worker", "--once")
    assert (idle.returncode, idle.stdout, idle.stderr) == (0, "", "")
    whole = chain(tmp_path, "ledger", "verify")
    assert (whole.returncode, whole.stderr) == (0, "")
    assert whole.stdout.endswith("problems=0\n")
