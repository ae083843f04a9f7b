"""Inserting a row under an id that the client made, when somebody may be inserting the same one in the same instant."""

from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.core.errors import Conflict
from chain.core.orm import Model

R = TypeVar("R", bound=Model)


def insert_once(session: Session, row: R) -> R:
    """Insert a row whose id was looked for before.

    Raises:
        Conflict: the same id, or another unique value of it, came in between; asking again gives the stored one.
    """
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise Conflict from None
    return row
