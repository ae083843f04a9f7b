"""The same command sent twice has the effect of one."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import IdempotencyConflict
from chain.core.hashing import content_hash
from chain.core.idempotency import KeyTooLong, run_once


def test_a_repeated_command_answers_the_first_result(session: Session, now: datetime) -> None:
    runs: list[int] = []

    def command() -> dict[str, object]:
        runs.append(1)
        return {"number": len(runs)}

    first = run_once(session, scope="me:pay", key="k1", content={"amount": 5}, now=now, command=command)
    again = run_once(session, scope="me:pay", key="k1", content={"amount": 5}, now=now, command=command)
    assert first == ({"number": 1}, True)
    assert again == ({"number": 1}, False)
    assert len(runs) == 1


def test_the_same_key_with_other_content_is_refused(session: Session, now: datetime) -> None:
    run_once(session, scope="me:pay", key="k1", content={"amount": 5}, now=now, command=dict)
    with pytest.raises(IdempotencyConflict):
        run_once(session, scope="me:pay", key="k1", content={"amount": 6}, now=now, command=dict)


def test_two_scopes_may_use_one_key(session: Session, now: datetime) -> None:
    for scope in ("me:pay", "you:pay"):
        _, ran = run_once(session, scope=scope, key="k1", content={}, now=now, command=dict)
        assert ran


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_1_to_255_characters(session: Session, now: datetime, key: str) -> None:
    with pytest.raises(KeyTooLong):
        run_once(session, scope="me:pay", key=key, content={}, now=now, command=dict)


def test_equal_content_hashes_equally_whatever_its_order() -> None:
    assert content_hash({"a": 1, "b": [2, 3]}) == content_hash({"b": [2, 3], "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})
