"""`chain papers`."""

import json
from pathlib import Path

import click

from chain.accounts.edge_cli import find_organisation
from chain.core.signing import KEY_FILE, PUBLIC_BYTES, Signer, from_base32, key_id_of

EXIT_NOT_GENUINE = 1


@click.group()
def papers() -> None:
    """Check the signed codes of papers, and whether a series has a gap."""


@papers.command("check")
@click.argument("code")
@click.option(
    "--key",
    "public",
    multiple=True,
    metavar="PUBLIC",
    help="A public key in base32, from /papers/keys; repeatable.",
)
@click.option(
    "--keys",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="A file of keys as /api/v1/paper-keys gives it.",
)
def check(code: str, public: tuple[str, ...], file: Path | None) -> None:
    """Check a signed code without a database: what it says, and whether the signature fits.

    Without --key and --keys the key of this installation is taken. Ends with 1 when the code is not genuine.
    """
    from chain.papers.codes import Verdict, check_code

    keys = _keys(public, file)
    if not keys:
        raise click.UsageError("There is no key here. Give one with --key or --keys.")
    found = check_code(code, keys)
    click.echo(found.verdict.value)
    if found.statement is not None:
        said = found.statement
        for name, value in (
            ("number", said.serial),
            ("house", f"{said.country} {said.house}"),
            ("issued on", said.issued_on.isoformat()),
            ("amount", f"{said.currency} {said.amount_minor / 100:.2f}"),
            ("key", found.key_id),
        ):
            click.echo(f"{name}: {value}")
    if found.verdict is not Verdict.GENUINE:
        raise click.exceptions.Exit(EXIT_NOT_GENUINE)


def _keys(public: tuple[str, ...], file: Path | None) -> dict[str, bytes]:
    """Return public keys by their ids: those given, or that of this installation."""
    try:
        given = [from_base32(one.strip().upper()) for one in public]
        if file is not None:
            content = json.loads(file.read_text(encoding="utf-8"))
            given += [from_base32(one["public_key"]) for one in content["items"]]
    except OSError as problem:
        raise click.ClickException(f"{file}: {problem.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise click.UsageError("A public key has 52 letters and digits (base32).") from None
    if any(len(one) != PUBLIC_BYTES for one in given):
        raise click.UsageError("A public key has 52 letters and digits (base32).")
    if public or file is not None:
        return {key_id_of(one): one for one in given}
    return _own_key()


def _own_key() -> dict[str, bytes]:
    """Return the key of this installation, if there is one; none is made."""
    from chain.core.config import load_settings

    settings = load_settings()
    path = settings.var_dir / KEY_FILE
    secret = settings.paper_key or (path.read_text(encoding="utf-8").strip() if path.is_file() else "")
    if not secret:
        return {}
    mine = Signer(secret)
    return {mine.key_id: mine.public}


@papers.command("series")
@click.option("--organisation", "code", required=True, metavar="CODE", help="Whose series.")
def series(code: str) -> None:
    """Tell for each series whether it has a gap. Ends with 1 when a number is missing."""
    from chain.core.db import db
    from chain.papers.queries.series import count_series
    from chain.serve import make_app

    app = make_app()
    with app.app_context():
        found = count_series(db.session, find_organisation(db.session, code).id)
    for one in found:
        if one.has_no_gap:
            click.echo(f"{one.series}: no gap, {one.last_number} numbers, {one.voided} voided")
        else:
            click.echo(f"{one.series}: missing {', '.join(map(str, one.missing))}")
    if any(not one.has_no_gap for one in found):
        raise click.exceptions.Exit(EXIT_NOT_GENUINE)
