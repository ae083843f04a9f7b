"""Identifiers: UUIDv7 (RFC 9562), ordered by time, and a client may make them."""

from uuid import UUID

from uuid_utils.compat import uuid7

from chain.core.errors import InvalidId


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return uuid7()


def parse_id(text: str | UUID | None) -> UUID:
    """Read an id made by a client.

    Raises:
        InvalidId: it is not a UUID of version 7.
    """
    if isinstance(text, UUID):
        value = text
    else:
        try:
            value = UUID(str(text))
        except ValueError:
            raise InvalidId(value=str(text)[:60]) from None
    if value.version != 7:  # noqa: PLR2004 - the version of the format named above
        raise InvalidId(value=str(value))
    return value
