"""Sentences as a column keeps them, with their numbers, moneys and inner sentences. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from chain.core.i18n import Message
from chain.core.money import Money


def to_records(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Return sentences as JSON keeps them."""
    return [_record(one) for one in messages]


def to_messages(records: Sequence[Mapping[str, Any]]) -> list[Message]:
    """Return kept sentences."""
    return [_message(one) for one in records]


def _record(message: Message) -> dict[str, Any]:
    return {
        "msgid": message.msgid,
        "params": {name: _value(value) for name, value in message.params.items()},
    }


def _value(value: object) -> Any:
    if isinstance(value, Message):
        return {"message": _record(value)}
    if isinstance(value, Money):
        return {"money": [value.minor, value.currency]}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Mapping):
        return {"names": {str(key): str(item) for key, item in value.items()}}
    return value


def _message(record: Mapping[str, Any]) -> Message:
    return Message(record["msgid"], {name: _read(value) for name, value in record["params"].items()})


def _read(value: Any) -> object:
    if not isinstance(value, Mapping):
        return value
    ((kind, kept),) = value.items()
    if kind == "message":
        return _message(kept)
    if kind == "money":
        return Money(*kept)
    if kind == "decimal":
        return Decimal(kept)
    if kind == "date":
        return date.fromisoformat(kept)
    return dict(kept)
