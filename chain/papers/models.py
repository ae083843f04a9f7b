"""Tables of papers: the papers, their prints, the counters of their series, and the public keys that signed them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word

_STANDS = text("voided_at IS NULL")


class PaperCounter(Model):
    """The last number given in a series; one short UPDATE takes the next, inside the transaction: no gaps."""

    __tablename__ = "paper_counter"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    series: Mapped[str] = mapped_column(String(10), primary_key=True)
    #: rules.PaperKind: a series holds one kind
    kind: Mapped[str] = mapped_column(Word)
    last_number: Mapped[int] = mapped_column(default=0)


class Paper(HasId, Model):
    """A numbered paper. What it says is frozen at issue; it may be voided, and keeps its number."""

    __tablename__ = "paper"
    __table_args__ = (
        UniqueConstraint("organisation_id", "series", "number"),
        UniqueConstraint("check_code"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("printed >= 0", name="printed"),
        CheckConstraint(
            "(voided_at IS NULL AND void_reason IS NULL) OR (voided_at IS NOT NULL AND void_reason IS NOT NULL)",
            name="void",
        ),
        CheckConstraint("(key_id IS NULL) = (signature IS NULL)", name="signature"),
        Index("ix_paper_party_id", "party_id"),
        Index("ix_paper_organisation_id_issued_on", "organisation_id", "issued_on"),
        # one paper of a kind stands for a subject; voided ones stay beside it
        Index(
            "uq_paper_subject_id_standing",
            "subject_id",
            "subject_type",
            "kind",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    #: rules.PaperKind
    kind: Mapped[str] = mapped_column(Word)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    series: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    #: what the paper is about: settlement_line, invoice, payout …; areas above register theirs (subjects.py)
    subject_type: Mapped[str] = mapped_column(Word)
    subject_id: Mapped[UUID]
    #: the producer, or the organisation of a buyer
    party_id: Mapped[UUID | None]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: what is paid or to be paid: the net amount
    amount_minor: Mapped[int]
    #: the day at the organisation
    issued_on: Mapped[date]
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None]
    #: everything that is printed, frozen
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(HashHex)
    #: upper-case code of the public check page, printed as a QR
    check_code: Mapped[str] = mapped_column(String(32))
    #: what hides the holder's document in the signed line; not printed. Null for papers from before the signature
    salt: Mapped[str | None] = mapped_column(String(32))
    key_id: Mapped[str | None] = mapped_column(String(16))
    #: the line that was signed (codes.py)
    signed_line: Mapped[str | None] = mapped_column(String(200))
    #: 64 bytes in base32
    signature: Mapped[str | None] = mapped_column(String(120))
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[UUID | None]
    void_reason: Mapped[str | None] = mapped_column(Name)
    #: the reversing entry in the books, if the void moved money
    void_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    #: prints after the first are marked COPIA
    printed: Mapped[int] = mapped_column(default=0)


class PaperPrint(HasId, Model):
    """When and by whom a paper was printed. Append-only by trigger."""

    __tablename__ = "paper_print"
    __table_args__ = (UniqueConstraint("paper_id", "copy"),)

    paper_id: Mapped[UUID] = mapped_column(ForeignKey("paper.id"))
    #: 0 is the original
    copy: Mapped[int]
    #: rules.PaperFormat
    format: Mapped[str] = mapped_column(Word)
    printed_at: Mapped[datetime]
    printed_by: Mapped[UUID | None]


class PaperKey(Model):
    """A public key that papers were signed with; published with its dates, for ever."""

    __tablename__ = "paper_key"

    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    #: 32 bytes in base32
    public_key: Mapped[str] = mapped_column(String(64))
    first_used_at: Mapped[datetime]
    #: when another key followed it
    followed_at: Mapped[datetime | None]


class PrintJob(HasId, Model):
    """Many papers printed as one file, drawn in blocks by processes of their own. The prints were noted when it was ordered."""

    __tablename__ = "print_job"
    __table_args__ = (
        Index("ix_print_job_organisation_id_created_at", "organisation_id", "created_at"),
        CheckConstraint("papers > 0", name="papers"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: sha256 of what was ordered: the same id with another order is refused
    content_hash: Mapped[str] = mapped_column(HashHex)
    #: rules.PaperFormat
    format: Mapped[str] = mapped_column(Word)
    language: Mapped[str] = mapped_column(String(2))
    papers: Mapped[int]
    #: printed numbers of the first and the last paper
    first_serial: Mapped[str] = mapped_column(String(30))
    last_serial: Mapped[str] = mapped_column(String(30))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    #: when the last block was drawn
    finished_at: Mapped[datetime | None]


class PrintBlock(HasId, Model):
    """Some papers of a print job: taken by one process at a time, drawn and stored once."""

    __tablename__ = "print_block"
    __table_args__ = (
        UniqueConstraint("job_id", "position"),
        CheckConstraint("(done_at IS NULL) = (pdf IS NULL)", name="done"),
        Index(
            "ix_print_block_waiting",
            "id",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    job_id: Mapped[UUID] = mapped_column(ForeignKey("print_job.id"))
    position: Mapped[int]
    #: [[id of the paper, copy]] in the order of the numbers; copy 0 is the original
    papers: Mapped[list[Any]]
    #: how often a process took it
    attempts: Mapped[int] = mapped_column(default=0)
    #: until when the process that took it is waited for
    taken_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Name)
    pdf: Mapped[bytes | None]
    done_at: Mapped[datetime | None]
