"""What the log keeps of an error of the database holds no value of the row."""

from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.core.ids import new_id
from chain.core.log import without_values
from tests.support.cast import SINCE, Cast


def test_a_refused_row_leaves_no_name_in_the_log(session: Session, cast: Cast) -> None:
    row: dict[str, Any] = {
        "id": new_id(),
        "username": cast.clerk.username,
        "display_name": "Rosa Quispe",
        "password_hash": "geheim",
        "created_at": SINCE,
    }
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        session.execute(insert(User), [row])
    kept = without_values(refused.value)
    told = " ".join(kept.values())
    assert "username" in kept["error"]
    for value in ("Rosa", "geheim", f"({cast.clerk.username})"):
        assert value not in told
    assert isinstance(refused.value, DBAPIError)


def test_a_mistake_of_the_program_keeps_its_words_and_its_way() -> None:
    with pytest.raises(ZeroDivisionError) as mistake:
        _ = 1 / 0
    kept = without_values(mistake.value)
    assert "division by zero" in kept["error"]
    assert "test_log_of_errors" in kept["stack"]
