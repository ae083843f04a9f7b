"""Numbers and names of accounts, and accounts of an organisation's own."""

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.text import tidy
from chain.ledger.audit_tags import LedgerAudit
from chain.ledger.models import ChartAccount
from chain.ledger.queries.chart import ChartRow, chart_rows
from chain.ledger.rules import OWN_PREFIX, AccountKind
from chain.ledger.services.posting import lock_books

#: Digits and letters in groups, as plans write them: 1041, 1.1.2.03, 10-A.
NUMBER = re.compile(r"[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*")
MAX_NUMBER = 20
MAX_NAME = 120
MAX_OWN_ACCOUNTS = 200

BAD_NUMBER = N_("Write digits and letters, in groups parted by points or dashes: 1041 or 1.1.2.03.")
NUMBER_TAKEN = N_("The account “%(name)s” has this number already.")
NAME_MISSING = N_("Give the account a name.")
NAME_TOO_LONG = N_("The name has more than %(limit)s characters.")
TOO_MANY = N_("There are %(limit)s own accounts already; no more can be added.")


def change_account(
    session: Session, *, actor: Actor, now: datetime, code: str, number: str, name: str
) -> ChartRow:
    """Give an account another number and name; what was posted stays. The same again changes nothing.

    Raises:
        Forbidden: the actor may not write in the books.
        NotFound: the chart has no such account.
        ValidationFailed: the number or the name cannot be used.
    """
    actor.require(Permission.LEDGER_WRITE)
    lock_books(session, actor.org)
    chart = _chart(session, actor)
    before = chart.get(code)
    if before is None:
        raise NotFound
    number, name = _checked(chart, number, name, code)
    if (before.number, before.name, before.changed_at is not None) == (number, name, True):
        return before
    row = session.scalar(
        select(ChartAccount).where(ChartAccount.organisation_id == actor.org, ChartAccount.code == code)
    )
    if row is None:
        row = ChartAccount(organisation_id=actor.org, code=code, kind=before.kind.value)
        session.add(row)
    row.number, row.name, row.changed_at, row.changed_by = number, name, now, actor.user_id
    session.flush()
    audit.record(
        session,
        tag=LedgerAudit.ACCOUNT_CHANGED,
        actor=actor,
        now=now,
        subject_type="chart_account",
        subject_id=row.id,
        before={"number": before.number, "name": before.name},
        after={"code": code, "number": number, "name": name},
    )
    return _chart(session, actor)[code]


def add_account(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    account_id: UUID,
    kind: AccountKind,
    number: str,
    name: str,
) -> ChartRow:
    """Add an account of the organisation's own, for entries by hand; the same id with the same content adds nothing.

    Raises:
        Forbidden: the actor may not write in the books.
        ValidationFailed: the number or the name cannot be used.
        IdempotencyConflict: the id was used for another account.
    """
    actor.require(Permission.LEDGER_WRITE)
    lock_books(session, actor.org)
    chart = _chart(session, actor)
    known = session.get(ChartAccount, account_id)
    if known is not None:
        if known.organisation_id != actor.org or (known.number, known.name, known.kind) != (
            number.strip(),
            tidy(name),
            kind.value,
        ):
            raise IdempotencyConflict
        return chart[known.code]
    number, name = _checked(chart, number, name, None)
    own = [int(code.removeprefix(OWN_PREFIX)) for code, row in chart.items() if row.is_own]
    code = f"{OWN_PREFIX}{max(own, default=0) + 1}"
    session.add(
        ChartAccount(
            id=account_id,
            organisation_id=actor.org,
            code=code,
            number=number,
            name=name,
            kind=kind.value,
            changed_at=now,
            changed_by=actor.user_id,
        )
    )
    session.flush()
    audit.record(
        session,
        tag=LedgerAudit.ACCOUNT_ADDED,
        actor=actor,
        now=now,
        subject_type="chart_account",
        subject_id=account_id,
        after={"code": code, "number": number, "name": name, "kind": kind.value},
    )
    return _chart(session, actor)[code]


def _chart(session: Session, actor: Actor) -> dict[str, ChartRow]:
    organisation = get_own_organisation(session, actor)
    return chart_rows(session, organisation.id, organisation.country)


def _checked(chart: dict[str, ChartRow], number: str, name: str, code: str | None) -> tuple[str, str]:
    errors = FieldErrors()
    number, name = number.strip(), tidy(name)
    if len(number) > MAX_NUMBER or not NUMBER.fullmatch(number):
        errors.add("number", BAD_NUMBER)
    for row in chart.values():
        if row.number == number and row.code != code:
            errors.add("number", NUMBER_TAKEN, name=row.name)
    if not name:
        errors.add("name", NAME_MISSING)
    elif len(name) > MAX_NAME:
        errors.add("name", NAME_TOO_LONG, limit=MAX_NAME)
    if code is None and sum(row.is_own for row in chart.values()) >= MAX_OWN_ACCOUNTS:
        errors.add("name", TOO_MANY, limit=MAX_OWN_ACCOUNTS)
    errors.raise_any()
    return number, name
