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


def content_hash(content: Mapping[str, Any]) -> str:
    """Return the sha256 of a command's content, in canonical JSON, so that equal content hashes equally."""
    return plain_hash(plain(content))


def plain_hash(content: Mapping[str, Any]) -> str:
    """Return the `content_hash` of what `plain` returned."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
