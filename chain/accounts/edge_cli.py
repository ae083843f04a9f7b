"""What commands of several areas share."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from chain.accounts.models import Organisation


def find_organisation(session: "Session", code: str) -> "Organisation":
    """Return an organisation by its code, or end the command."""
    from chain.accounts.queries import find_organisation_by_code

    found = find_organisation_by_code(session, code)
    if found is None:
        raise click.ClickException(f"There is no organisation with the code {code}.")
    return found
