"""Canonical JSON is the same text whichever way a content becomes plain."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

import pytest

from chain.core.hashing import canonical_json, content_hash, plain, text_hash

CONTENT = {
    "name": "Óscar “Ñ” \x07",
    "id": UUID(int=7),
    "at": datetime(2026, 3, 16, 15, tzinfo=UTC),
    "on": date(2026, 3, 16),
    "rate": Decimal("3.7500"),
    "parts": ({"minor": -5, "is_paid": False}, [None, 1]),
    "facts": MappingProxyType({"b": 1, "a": UUID(int=8)}),
}


def test_canonical_json_says_what_a_plain_copy_says() -> None:
    assert canonical_json(CONTENT) == canonical_json(plain(CONTENT))
    assert text_hash(canonical_json(CONTENT)) == content_hash(CONTENT)


def test_what_has_no_place_in_json_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        canonical_json({"what": object()})
