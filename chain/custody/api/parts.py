"""What the resources of custody share."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.clock import local_date, utc_now
from chain.web.api import ApiBlueprint
from chain.web.formats import timezone_name

blueprint = ApiBlueprint(
    "custody",
    __name__,
    url="/custody",
    description="Places, stock, counts, holds, containers, tanks, the gate and dispatches.",
)
REPEATED = "The same command came before."


def today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


def status_of(session: Session, model: type[Any], row_id: UUID) -> int:
    """Return 200 when a command with this id was stored before, else 201; asked before the command runs."""
    return 201 if session.get(model, row_id) is None else 200
