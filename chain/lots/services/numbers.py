"""The numbers of lots: one counter per organisation, for deliveries and for what is made of them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, bindparam, text
from sqlalchemy.orm import Session

NUMBER_DIGITS = 6

#: Plain SQL, which both databases understand alike: it runs for every single registration, and building it costs more.
_BUMP = text(
    "INSERT INTO lot_counter (organisation_id, last_number) VALUES (:organisation_id, :count) "
    "ON CONFLICT (organisation_id) DO UPDATE SET last_number = lot_counter.last_number + excluded.last_number "
    "RETURNING last_number"
).bindparams(bindparam("organisation_id", type_=Uuid()), bindparam("count", type_=BigInteger()))


def take_numbers(session: Session, organisation_id: UUID, code: str, count: int) -> Sequence[str]:
    """Reserve numbers for new lots in one statement and return them in order: CC03-000123."""
    wanted = {"organisation_id": organisation_id, "count": count}
    last = int(session.connection().execute(_BUMP, wanted).scalar_one())
    return [f"{code}-{number:0{NUMBER_DIGITS}d}" for number in range(last - count + 1, last + 1)]
