"""Values as JSON keeps them, and the hash of what they say. Pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

#: What JSON keeps as it is; most values are, so they are asked for first.
_AS_THEY_ARE = frozenset({str, int, bool, float, type(None)})


def plain(value: Any) -> Any:
    """Turn a value into what JSON can keep, without losing precision."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def canonical_json(content: Mapping[str, Any]) -> str:
    """Return what `content_hash` hashes, without a copy of the content; all keys must be text."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain_one)


def _plain_one(value: Any) -> Any:
    """Return what stands for a value that JSON does not know.

    Raises:
        TypeError: nothing does.
    """
    found = plain(value)
    if found is value:
        message = f"{type(value).__name__} has no place in JSON"
        raise TypeError(message)
    return found


def content_hash(content: Mapping[str, Any]) -> str:
    """Return the sha256 of a command's content, in canonical JSON, so that equal content hashes equally."""
    return text_hash(canonical_json(plain(content)))


def text_hash(text: str) -> str:
    """Return the sha256 of a text; of what `canonical_json` returned it is the `content_hash`."""
    return hashlib.sha256(text.encode()).hexdigest()
