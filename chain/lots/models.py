"""Tables of lots: what was delivered or made, bag by bag, with its grades, papers, places and the files it came from."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HashHex, HasId, Model, Name, Word

#: What of `stock.in_stock()` an index holds, word by word, or the databases would not see that it fits. Without the state: see below.
IN_STOCK_SQL = "used_by_event_id IS NULL AND left_at IS NULL AND sold_at IS NULL"
#: No index of `lot` reads `state` itself. A month's milk is settled by one UPDATE of 120,000 rows, and PostgreSQL writes every index
#: anew for a row of which an indexed value changes. This value stays the same when milk without a class is settled.
RARE_STATE_SQL = (
    "CASE WHEN state = 'settled' OR (state = 'registered' AND origin = 'delivery' AND unit = 'ml' AND grade_key IS NULL) "
    "THEN NULL ELSE state END"
)


def _partial(name: str, *columns: str, where: str) -> Index:
    """Return an index over those rows only for which a condition holds."""
    return Index(name, *columns, postgresql_where=text(where), sqlite_where=text(where))


class Lot(HasId, Model):
    """A quantity of one commodity held by one organisation, saleable as one.

    A primary lot is what one producer brought at one time. A derived lot was made of others by an event of the
    genealogy; its producers stand in `lot_share`.
    """

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        UniqueConstraint("organisation_id", "source_key"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit IN ('g', 'ml')", name="unit"),
        CheckConstraint("gross_g IS NULL OR (tare_g >= 0 AND gross_g - tare_g > 0)", name="gross_above_tare"),
        CheckConstraint(
            "(origin = 'delivery' AND producer_id IS NOT NULL) OR (origin = 'derived' AND producer_id IS NULL)",
            name="origin",
        ),
        UniqueConstraint("replaces_id"),
        # The board pages by keys, so each order has its index with the id last; see docs/lots.md for what each is for.
        Index("ix_lot_organisation_id_delivered_at", "organisation_id", "delivered_at", "id"),
        _partial("ix_lot_in_stock", "organisation_id", "delivered_at", "id", where=IN_STOCK_SQL),
        Index("ix_lot_organisation_id_commodity", "organisation_id", "commodity", "delivered_at", "id"),
        Index("ix_lot_organisation_id_quantity", "organisation_id", "quantity", "id"),
        _partial(
            "ix_lot_grade",
            "organisation_id",
            "grade_key",
            "delivered_at",
            "id",
            where="grade_key IS NOT NULL",
        ),
        _partial(
            "ix_lot_micron", "organisation_id", "micron_tenths", "id", where="micron_tenths IS NOT NULL"
        ),
        _partial(
            "ix_lot_colour", "organisation_id", "colour", "delivered_at", "id", where="colour IS NOT NULL"
        ),
        _partial(
            "ix_lot_claim", "organisation_id", "claim", "delivered_at", "id", where="claim != 'conventional'"
        ),
        _partial(
            "ix_lot_rare_state",
            "organisation_id",
            "rare_state",
            "delivered_at",
            "id",
            where="rare_state IS NOT NULL",
        ),
        Index("ix_lot_producer_id", "producer_id"),
        # null for most lots: those cost nothing here
        _partial("ix_lot_made_by_event_id", "made_by_event_id", where="made_by_event_id IS NOT NULL"),
        _partial("ix_lot_used_by_event_id", "used_by_event_id", where="used_by_event_id IS NOT NULL"),
        _partial("ix_lot_site_id", "site_id", where="site_id IS NOT NULL"),
    )
    #: `rare_state` is for statements; nobody reads it of an object
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - as SQLAlchemy declares it

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: CC03-000123, unique and without meaning beyond that
    number: Mapped[str] = mapped_column(Word)
    #: a key of the products, such as alpaca-fibre, raw-milk or charque
    commodity: Mapped[str] = mapped_column(Word)
    #: delivery or derived
    origin: Mapped[str] = mapped_column(Word, default="delivery", server_default="delivery")
    #: who delivered it; null for a derived lot
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id"))
    delivered_at: Mapped[datetime]
    #: the calendar day at the centre; decides certificates, prices and fortnights
    delivered_on: Mapped[date]
    #: grams or millilitres, net
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    gross_g: Mapped[int | None]
    tare_g: Mapped[int | None]
    #: what is measured of this commodity, decimals as text, by the keys of attributes.py
    attributes: Mapped[dict[str, Any]]
    #: tenths of a micrometre, for searching; null when not measured
    micron_tenths: Mapped[int | None]
    colour: Mapped[str | None] = mapped_column(Word)
    #: of the grade that counts; key null = undetermined
    grade_scheme: Mapped[str | None] = mapped_column(Word)
    grade_edition: Mapped[str | None] = mapped_column(String(20))
    grade_key: Mapped[str | None] = mapped_column(Word)
    grade_confirmed: Mapped[bool] = mapped_column(default=False)
    #: conventional, transition or organic, as of the delivery date
    claim: Mapped[str] = mapped_column(Word, default="conventional")
    certificate_id: Mapped[UUID | None] = mapped_column(ForeignKey("certificate.id"))
    #: registered, graded, offered, sold, settled or cancelled (rules.py)
    state: Mapped[str] = mapped_column(Word, default="registered")
    #: the state, by which few lots are found among many; null for what most lots are: settled, or milk that waits for its payment
    rare_state: Mapped[str | None] = mapped_column(Word, Computed(RARE_STATE_SQL), deferred=True)
    registered_at: Mapped[datetime]
    registered_by: Mapped[UUID | None]
    #: sha256 of what was sent, so that the same id with other content is a conflict
    content_hash: Mapped[str] = mapped_column(HashHex)
    import_batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("import_batch.id"))
    #: hash of the file's row and how often it occurred, so that reading a file again adds nothing
    source_key: Mapped[str | None] = mapped_column(String(80))
    #: the bags or cans it was weighed in; null when it was weighed in one go
    bag_count: Mapped[int | None]
    route_id: Mapped[UUID | None] = mapped_column(ForeignKey("collection_route.id"))
    #: the cancelled lot that this one corrects
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("lot.id"))
    #: what a derived lot is called beside its product, such as the name of a cut
    label: Mapped[str | None] = mapped_column(Name)
    best_before: Mapped[date | None]
    #: values by the keys of attributes.py that a recorded decision puts in the place of those at delivery
    measured: Mapped[dict[str, Any] | None]
    #: of a derived lot: quantities by colour, class and claim, and the mean micron with the quantity it rests on
    mix: Mapped[dict[str, Any] | None]
    #: the event of the genealogy that made it, and the one that used it up; a used lot is no stock any more. No foreign
    #: keys: the events' lines, in an area above, point here with theirs
    made_by_event_id: Mapped[UUID | None]
    used_by_event_id: Mapped[UUID | None]
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    #: something forbids to move, use or sell it; custody keeps the reason
    is_held: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: when a buyer bought it, and when it left the house
    sold_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class LotBag(HasId, Model):
    """One bag, can or weighing of a lot, as the scale showed it. Append-only by trigger."""

    __tablename__ = "lot_bag"
    __table_args__ = (
        UniqueConstraint("lot_id", "position"),
        CheckConstraint(
            "(volume_ml IS NULL AND gross_g IS NOT NULL AND tare_g IS NOT NULL AND tare_g >= 0 AND gross_g > tare_g)"
            " OR (volume_ml > 0 AND gross_g IS NULL AND tare_g IS NULL)",
            name="weighed_or_measured",
        ),
        CheckConstraint("source IN ('typed', 'device')", name="source"),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    position: Mapped[int]
    container_type_id: Mapped[UUID | None] = mapped_column(ForeignKey("container_type.id"))
    #: what is written on the bag or can
    code: Mapped[str | None] = mapped_column(Word)
    gross_g: Mapped[int | None]
    tare_g: Mapped[int | None]
    #: of what is measured in litres, which has no weights
    volume_ml: Mapped[int | None]
    #: typed by a person or read from a device
    source: Mapped[str] = mapped_column(Word, default="typed")


class ContainerType(HasId, Model):
    """A kind of sack, can or crate with its tare; some are lent to producers."""

    __tablename__ = "container_type"
    __table_args__ = (
        UniqueConstraint("organisation_id", "name"),
        CheckConstraint("kind IN ('sack', 'can', 'crate', 'other')", name="kind"),
        CheckConstraint("tare_g IS NULL OR tare_g >= 0", name="tare_not_negative"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(Name)
    kind: Mapped[str] = mapped_column(Word)
    tare_g: Mapped[int | None]
    is_lent: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[datetime | None]


class CollectionRoute(HasId, Model):
    """A pick-up route, such as the milk truck's morning round."""

    __tablename__ = "collection_route"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(Word)
    name: Mapped[str] = mapped_column(Name)
    #: minutes after midnight at the centre by which its cans should be in; null: no limit
    due_minutes: Mapped[int | None]
    archived_at: Mapped[datetime | None]


class Site(HasId, Model):
    """A place where lots lie: a store, a milk tank, a plant, a vehicle."""

    __tablename__ = "site"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        CheckConstraint("kind IN ('store', 'tank', 'plant', 'vehicle')", name="kind"),
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity_positive"),
        CheckConstraint("max_hours IS NULL OR max_hours > 0", name="max_hours_positive"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(Word)
    name: Mapped[str] = mapped_column(Name)
    kind: Mapped[str] = mapped_column(Word)
    #: millilitres of a tank, grams elsewhere
    capacity: Mapped[int | None]
    #: tenths of a degree Celsius below which its contents must stay, and for how many hours at most
    max_temperature_tenths: Mapped[int | None]
    max_hours: Mapped[int | None]
    archived_at: Mapped[datetime | None]


class OpenWeighing(HasId, Model):
    """A delivery that is being weighed in several goes; closing it makes the lot with the same id."""

    __tablename__ = "open_weighing"
    __table_args__ = (Index("ix_open_weighing_organisation_id_state", "organisation_id", "state"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    commodity: Mapped[str] = mapped_column(Word)
    #: bags so far: container_type_id, code, gross_g, tare_g, source
    bags: Mapped[list[Any]]
    #: what else the form held: route, shift, attributes
    entered: Mapped[dict[str, Any]]
    #: open, closed or discarded
    state: Mapped[str] = mapped_column(Word, default="open")
    started_at: Mapped[datetime]
    started_by: Mapped[UUID | None]
    changed_at: Mapped[datetime]


class Rejection(HasId, Model):
    """Goods that were brought and not taken: how much, why, and what becomes of them. Never part of a lot."""

    __tablename__ = "rejection"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "disposition IN ('returned', 'to_collect', 'collected', 'discarded')", name="disposition"
        ),
        Index("ix_rejection_organisation_id_created_at", "organisation_id", "created_at"),
        Index("ix_rejection_producer_id", "producer_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    #: the lot of what was taken of the same delivery
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lot.id"), index=True)
    commodity: Mapped[str] = mapped_column(Word)
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    cause: Mapped[str] = mapped_column(Word)
    note: Mapped[str | None] = mapped_column(Text)
    #: given back at once, kept until it is collected, collected, or thrown away with the producer's consent
    disposition: Mapped[str] = mapped_column(Word)
    collect_by: Mapped[date | None]
    collected_at: Mapped[datetime | None]
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("stored_file.id"))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    content_hash: Mapped[str] = mapped_column(HashHex)


class LotPhoto(HasId, Model):
    """A photo or document that belongs to a lot."""

    __tablename__ = "lot_photo"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), index=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("stored_file.id"))
    caption: Mapped[str | None] = mapped_column(Name)
    added_at: Mapped[datetime]
    added_by: Mapped[UUID | None]


class GoodsNote(HasId, Model):
    """The goods-received note of a delivery: its content as first issued, for ever. Append-only by trigger."""

    __tablename__ = "goods_note"
    __table_args__ = (UniqueConstraint("lot_id"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(HashHex)
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None]


class GoodsNotePrint(HasId, Model):
    """One printing of a goods-received note; the first is the original, the others say COPIA. Append-only by trigger."""

    __tablename__ = "goods_note_print"
    __table_args__ = (
        UniqueConstraint("note_id", "copy_number"),
        CheckConstraint("paper IN ('w80', 'w58', 'a5')", name="paper"),
    )

    note_id: Mapped[UUID] = mapped_column(ForeignKey("goods_note.id"))
    #: 0 for the original
    copy_number: Mapped[int]
    paper: Mapped[str] = mapped_column(Word)
    printed_at: Mapped[datetime]
    printed_by: Mapped[UUID | None]


class ProducerNotice(HasId, Model):
    """Something that a producer must be told, such as a correction; shown on the own page and on the next paper."""

    __tablename__ = "producer_notice"
    __table_args__ = (Index("ix_producer_notice_producer_id_created_at", "producer_id", "created_at"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lot.id"))
    #: a sentence as msgid and params, translated when shown
    msgid: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class SavedSearch(HasId, Model):
    """A filter of the lot board that a user wants again."""

    __tablename__ = "saved_search"
    __table_args__ = (UniqueConstraint("user_id", "organisation_id", "name"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(Name)
    #: the address's query, without the page
    query: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class LotCounter(Model):
    """The last number that an organisation gave to a lot; bumped once per batch, by its size."""

    __tablename__ = "lot_counter"
    __table_args__ = (CheckConstraint("last_number >= 0", name="last_number_not_negative"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    last_number: Mapped[int]


class LotGrade(HasId, Model):
    """One grading of a lot. A later one does not replace it; `lot.grade_*` says which one counts."""

    __tablename__ = "lot_grade"
    __table_args__ = (
        Index("ix_lot_grade_lot_id", "lot_id"),
        CheckConstraint(
            "kind IN ('proposal', 'confirmation', 'recalculation', 'second_opinion')", name="kind"
        ),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    #: proposal (computed or chosen at registration), confirmation (second person), recalculation (another measurement
    #: counts) or second_opinion (blind, on the split sample)
    kind: Mapped[str] = mapped_column(Word)
    scheme: Mapped[str] = mapped_column(Word)
    edition: Mapped[str] = mapped_column(String(20))
    key: Mapped[str | None] = mapped_column(Word)
    #: sentences as {"msgid", "params"}, translated when shown
    reasons: Mapped[list[Any]]
    graded_at: Mapped[datetime]
    graded_by: Mapped[UUID | None]


class ImportBatch(HasId, Model):
    """A file that was read in."""

    __tablename__ = "import_batch"
    __table_args__ = (Index("ix_import_batch_organisation_id", "organisation_id"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    file_name: Mapped[str] = mapped_column(Name)
    file_sha256: Mapped[str] = mapped_column(HashHex)
    #: kg, lb or qq, and the grams that the clerk said one of them has
    weight_unit: Mapped[str | None] = mapped_column(Word)
    grams_per_unit: Mapped[str | None] = mapped_column(Word)
    rows_stored: Mapped[int] = mapped_column(default=0)
    rows_duplicate: Mapped[int] = mapped_column(default=0)
    rows_rejected: Mapped[int] = mapped_column(default=0)
    imported_at: Mapped[datetime]
    imported_by: Mapped[UUID | None]
