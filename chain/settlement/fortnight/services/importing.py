"""One importer for the tables that a clerk keeps in spreadsheets: the same files that `chain settle` reads, all of one or nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor
from chain.core.clock import local_date
from chain.core.errors import DomainError, FieldErrors, Forbidden
from chain.core.i18n import N_
from chain.dues.models import GroupCharge
from chain.dues.movement_file import SOURCES, UNKNOWN_CODE
from chain.dues.rules import DueKind, Source
from chain.dues.services.movements import NewMovement, add_movements, check_movement, known_hashes
from chain.dues.services.rules import set_group_charge
from chain.producers.queries import producers_by_member_code
from chain.settlement.fortnight import folder_columns as columns
from chain.settlement.fortnight.errors import BadTableRows
from chain.settlement.fortnight.folder import BALANCE_ABOVE, DEFAULT_QUOTA_ML, UNKNOWN_KIND
from chain.settlement.fortnight.folder_cells import SAID_TWICE, Cells, Problems, rows_of, same_word
from chain.settlement.fortnight.imported import Fate, Imported, SeenRow
from chain.settlement.fortnight.models import BankFeeRow, MilkQuota, MilkReserve, OtherIncomeRow, TaxLicence
from chain.settlement.fortnight.queries.facts import zones_of
from chain.settlement.fortnight.services import one_offs, terms, zones
from chain.settlement.fortnight.tables import MAX_FILE_BYTES, MAX_ROWS, SHEETS, TABLE_PERMISSIONS, Table

UNKNOWN_ZONE = N_("There is no zone with the code “%(value)s”.")
UNKNOWN_SOURCE = N_("“%(value)s” does not say what was given. Known are: %(names)s.")
#: What a service calls a field, and the column that it came from.
FIELD_COLUMNS = {
    "litres": "litres_per_day",
    "weekday_price": "override_weekday",
    "sunday_price": "override_sunday",
    "valid_from": "from",
    "valid_to": "to",
    "percent": "fraction",
    "decided_by": "decision",
    "amount_minor": "amount",
    "charged_on": "date",
    "dated_on": "date",
    "note": "name",
}


@dataclass(slots=True)
class _Import:
    """What one file needs while its rows are taken."""

    session: Session
    actor: Actor
    now: datetime
    rows: Sequence[Cells]
    problems: Problems
    today: date
    producers: Mapping[str, UUID]
    seen: dict[str, int] = field(default_factory=dict)
    #: by line; rows without one are left out
    fates: dict[int, Fate] = field(default_factory=dict)

    def producer(self, row: Cells) -> UUID | None:
        """Return the producer that a row names, or note that there is none."""
        code = row.needed("producer")
        found = self.producers.get(code) if code else None
        if code and found is None:
            row.refuse("producer", UNKNOWN_CODE)
        return found

    def key(self, *facts: object) -> UUID:
        """Return an id that the same row of the same file gets again, so that bringing it in twice adds nothing."""
        text = "|".join(map(str, facts))
        place = self.seen[text] = self.seen.get(text, -1) + 1
        return uuid5(self.actor.org, f"{text}|{place}")

    def store(self, row: Cells, model: type[Any], row_id: UUID, write: Callable[[], object]) -> None:
        """Run a service for a row; what it refuses stands at the row's line."""
        is_known = self.session.get(model, row_id) is not None
        try:
            write()
        except Forbidden:
            raise
        except DomainError as refused:
            self.refuse(row, refused)
        else:
            self.note(row, is_known=is_known)

    def note(self, row: Cells, *, is_known: bool) -> None:
        """Note what becomes of a row."""
        self.fates[row.line] = Fate.KNOWN if is_known else Fate.NEW

    def refuse(self, row: Cells, refused: DomainError) -> None:
        """Note a refusal at the columns of its fields."""
        for name, messages in (refused.errors or {"": (refused.message,)}).items():
            for message in messages:
                self.problems.add_message(row.file, row.line, FIELD_COLUMNS.get(name, name) or "*", message)


def import_table(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    table: Table,
    content: bytes,
    name: str,
    dry_run: bool = False,
) -> Imported:
    """Bring in a file of one table; the same file again adds nothing. With `dry_run` it is only tried.

    Raises:
        Forbidden: the actor may not write this table.
        UnusableFile: it is no table, too large, or lacks a column.
        BadTableRows: some cells cannot be used; each is named by file, line and column, and nothing was stored.
        FortnightLocked: a reading of a fortnight whose run stands.
    """
    require_table(actor, table)
    problems = Problems()
    rows = list(rows_of(content, name, SHEETS[table], problems, limit=MAX_FILE_BYTES, most=MAX_ROWS))
    today = local_date(now, get_own_organisation(session, actor).timezone)
    codes = {row.text("producer") for row in rows}
    producers = producers_by_member_code(session, actor.org, codes)
    reading = _Import(session, actor, now, rows, problems, today, producers)
    attempt = session.begin_nested()
    try:
        _TAKERS[table](reading)
        session.flush()
    except BaseException:
        attempt.rollback()
        raise
    if dry_run or problems.listed:
        attempt.rollback()
    else:
        attempt.commit()
    if problems.listed:
        raise BadTableRows(problems.listed)
    titles = SHEETS[table].columns
    return Imported(
        table,
        tuple(
            SeenRow(
                row.line,
                tuple(row.text(column) for column in titles),
                reading.fates.get(row.line, Fate.LEFT_OUT),
            )
            for row in rows
        ),
    )


def tables_of(actor: Actor) -> list[Table]:
    """Return the tables that somebody may bring in."""
    return [table for table in Table if any(actor.may(one) for one in TABLE_PERMISSIONS[table])]


def require_table(actor: Actor, table: Table) -> None:
    """Refuse who may not write a table.

    Raises:
        Forbidden: names what it needs.
    """
    if table not in tables_of(actor):
        actor.require(TABLE_PERMISSIONS[table][0])


def _span(row: Cells, *, is_open: bool = False) -> tuple[date | None, date | None]:
    return row.day("from"), row.day("to", is_needed=not is_open)


def _weighings(given: _Import) -> None:
    default = zones.ensure_default_zone(given.session, actor=given.actor, now=given.now).id
    known = {zone.code: zone.id for zone in zones_of(given.session, given.actor.org)}
    seen: dict[tuple[UUID, date], int] = {}
    readings = []
    for row in given.rows:
        day, quantity, code = row.day("date"), row.number("litres", 3), row.text("zone")
        zone = known.get(code) if code else default
        if zone is None:
            row.refuse("zone", UNKNOWN_ZONE, value=code[:40])
        elif day is not None and quantity is not None:
            if seen.setdefault((zone, day), row.line) != row.line:
                row.refuse("date", SAID_TWICE, line=seen[zone, day])
            _refuse_reading(given, row, day, quantity)
            readings.append(zones.Reading(zone, day, quantity))
    if readings and not given.problems.listed:
        before = zones.known_readings(given.session, readings)
        for line, one in zip(seen.values(), readings, strict=True):
            kept = before.get((one.zone_id, one.day))
            is_same = kept == one.quantity_ml
            given.fates[line] = Fate.NEW if kept is None else Fate.KNOWN if is_same else Fate.CHANGED
        zones.record_readings(given.session, actor=given.actor, now=given.now, readings=readings)


def _refuse_reading(given: _Import, row: Cells, day: date, quantity: int) -> None:
    if day > given.today:
        row.refuse("date", zones.IN_FUTURE)
    if quantity > zones.MAX_READING_ML:
        row.refuse("litres", zones.OUT_OF_RANGE, most=zones.MAX_READING_ML // 1000)


def _quotas(given: _Import) -> None:
    for row in given.rows:
        producer, (first, last) = given.producer(row), _span(row)
        per_day = row.number("litres_per_day", 3, default=DEFAULT_QUOTA_ML)
        weekday, sunday = (row.number(word, 2, default=0) for word in ("override_weekday", "override_sunday"))
        is_enabled = row.flag("enabled", default=True)
        if None in {producer, first, last, per_day, weekday, sunday} or not is_enabled:
            continue
        facts: dict[str, Any] = {
            "producer_id": producer,
            "per_day_ml": per_day,
            "weekday_minor": weekday,
            "sunday_minor": sunday,
            "valid_from": first,
            "valid_to": last,
        }
        _store(given, row, MilkQuota, "quota_id", terms.set_quota, facts)


def _licences(given: _Import) -> None:
    for row in given.rows:
        producer, (first, last) = given.producer(row), _span(row)
        number = row.needed("number")
        if producer and first and last and number:
            facts = {"producer_id": producer, "number": number, "valid_from": first, "valid_to": last}
            _store(given, row, TaxLicence, "licence_id", terms.add_licence, facts)


def _reserve(given: _Import) -> None:
    for row in given.rows:
        first, last = _span(row, is_open=True)
        fraction, decision = row.number("fraction", 6), row.needed("decision")
        if first and fraction is not None and decision:
            facts = {"fraction_ppm": fraction, "valid_from": first, "valid_to": last, "decided_by": decision}
            _store(given, row, MilkReserve, "reserve_id", terms.set_reserve, facts)


def _store(  # noqa: PLR0917 - private; one row
    given: _Import,
    row: Cells,
    model: type[Any],
    key: str,
    service: Callable[..., object],
    facts: Mapping[str, Any],
) -> None:
    row_id = given.key(model.__tablename__, row.text("number"), *facts.values())
    given.store(
        row,
        model,
        row_id,
        lambda: service(given.session, actor=given.actor, now=given.now, **{key: row_id}, **facts),
    )


def _movements(given: _Import) -> None:
    debts: list[tuple[Cells, NewMovement]] = []
    for row in given.rows:
        word, day, amount = same_word(row.text("kind")), row.day("date"), row.number("amount", 2)
        if day is None or amount is None:
            continue
        if word in columns.GROUP_WORDS:
            _group_charge(given, row, day, amount)
        elif word in columns.BANK_FEE_WORDS or word in columns.INCOME_WORDS:
            _one_off(given, row, word, day, amount)
        elif word in columns.KIND_WORDS:
            debts += [(row, debt) for debt in _debt(given, row, columns.KIND_WORDS[word], day, amount)]
        else:
            kinds = ", ".join([*columns.KIND_WORDS, "bank_fee", "group", "other_income"])
            row.refuse("kind", UNKNOWN_KIND, value=word[:40], kinds=kinds)
    if debts and not given.problems.listed:
        known = known_hashes(given.session, [debt.id for _, debt in debts])
        for row, debt in debts:
            given.note(row, is_known=debt.id in known)
        news = [debt for _, debt in debts]
        add_movements(given.session, actor=given.actor, now=given.now, news=news)


def _group_charge(given: _Import, row: Cells, day: date, amount: int) -> None:
    default = zones.ensure_default_zone(given.session, actor=given.actor, now=given.now)
    known = {zone.code: zone for zone in zones_of(given.session, given.actor.org)}
    code, decision = row.text("zone"), row.needed("decision")
    zone = known.get(code) if code else default
    if zone is None:
        row.refuse("zone", UNKNOWN_ZONE, value=code[:40])
    elif decision:
        facts = {
            "name": row.text("name") or row.text("kind"),
            "amount_minor": amount,
            "charged_on": day,
            "decided_by": decision,
            "zone_id": zone.id,
            "zone_name": zone.name,
        }
        _store(given, row, GroupCharge, "charge_id", set_group_charge, facts)


def _one_off(given: _Import, row: Cells, word: str, day: date, amount: int) -> None:
    producer = given.producer(row)
    if producer is None:
        return
    facts = {
        "producer_id": producer,
        "amount_minor": amount,
        "dated_on": day,
        "name": row.text("name") or row.text("kind"),
    }
    if word in columns.BANK_FEE_WORDS:
        _store(given, row, BankFeeRow, "fee_id", one_offs.add_bank_fee, facts)
    else:
        _store(given, row, OtherIncomeRow, "income_id", one_offs.add_income, facts)


def _debt(given: _Import, row: Cells, kind: DueKind, day: date, amount: int) -> list[NewMovement]:
    """Return the debt of a row, unless nothing of it is owed any more.

    What was paid back already was paid in earlier books: the rest is brought in against their opening balance.
    """
    producer, owed = given.producer(row), row.number("balance", 2, default=amount)
    source = _source(row)
    if producer is None or not owed:
        return []
    if owed > amount:
        row.refuse("balance", BALANCE_ABOVE)
        return []
    if owed < amount:
        source = Source.OPENING
    note = row.text("name") or row.text("kind")
    row_id = given.key("due_movement", row.text("number"), producer, kind, owed, day, note, source)
    new = NewMovement(row_id, producer, kind, owed, day, note, source)
    wrong: FieldErrors = check_movement(new, given.today)
    for name, messages in wrong.as_mapping().items():
        for message in messages:
            given.problems.add_message(row.file, row.line, FIELD_COLUMNS.get(name, name), message)
    return [] if wrong else [new]


def _source(row: Cells) -> Source | None:
    word = same_word(row.text("source")).replace("_", " ")
    if not word:
        return None
    found = SOURCES.get(word) or next((one for one in Source if one.value == word), None)
    if found is None:
        row.refuse("source", UNKNOWN_SOURCE, value=word[:40], names=", ".join(SOURCES))
    return found


_TAKERS: Mapping[Table, Callable[[_Import], None]] = {
    Table.WEIGHINGS: _weighings,
    Table.QUOTAS: _quotas,
    Table.LICENCES: _licences,
    Table.MOVEMENTS: _movements,
    Table.RESERVE: _reserve,
}
