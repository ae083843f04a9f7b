"""The name and the edition of what an organisation saves: unique everywhere, counted from 1."""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.grading.errors import EditionTaken, WordRefused
from chain.grading.models import OwnPriceGrid, OwnScheme
from chain.grading.own_documents import slug
from chain.grading.queries import newest_edition

MAX_WORD = 12
DIGITS = 1_000_000


def key_and_edition(
    session: Session,
    actor: Actor,
    model: type[OwnScheme | OwnPriceGrid],
    *,
    word: str,
    key: str | None,
    edition: int | None,
) -> tuple[str, str]:
    """Return under what a document is saved: a new key with edition 1, or the next edition of a key of the organisation.

    Raises:
        NotFound: the key is not the organisation's.
        EditionTaken: somebody saved this edition meanwhile.
        WordRefused: nothing of the short word can stand in a key.
    """
    if key is None:
        plain = slug(word).replace("_", "")[:MAX_WORD]
        if not plain:
            raise WordRefused
        code = session.scalar(select(Organisation.code).where(Organisation.id == actor.org))
        return f"{(code or '').lower()}-{plain}-{secrets.randbelow(DIGITS):06d}", "1"
    owner = session.scalar(select(model.organisation_id).where(model.key == key).limit(1))
    if owner != actor.org:
        raise NotFound
    newest = newest_edition(session, model, key)
    if edition is not None and edition != newest + 1:
        raise EditionTaken(edition=edition, newest=newest)
    return key, str(newest + 1)
