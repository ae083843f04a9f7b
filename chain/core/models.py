"""Tables that hold no word of the field: audit trail, outbox, answers to repeated commands, files, marks of the installation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HashHex, HasId, Model, Word


class AuditRecord(HasId, Model):
    """Who changed what, when, from what to what. Append-only by trigger."""

    __tablename__ = "audit_record"
    __table_args__ = (
        Index("ix_audit_record_organisation_id_at", "organisation_id", "at"),
        Index("ix_audit_record_subject_id", "subject_id"),
    )

    at: Mapped[datetime]
    #: area:subject:action
    tag: Mapped[str] = mapped_column(String(80))
    #: the user; null when the worker or the command line acted
    actor_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID | None]
    subject_type: Mapped[str] = mapped_column(Word)
    subject_id: Mapped[UUID | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    request_id: Mapped[str | None] = mapped_column(Word)


class OutboxMessage(HasId, Model):
    """Work that must happen after a transaction, once: messages, timers, bulk printing."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_outbox_message_state_available_at", "state", "available_at"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
    )

    kind: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]]
    #: waiting, done or failed (given up)
    state: Mapped[str] = mapped_column(Word, default="waiting")
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    dedupe_key: Mapped[str | None] = mapped_column(String(200))


class IdempotencyRecord(HasId, Model):
    """The first answer to a command that carried a key; the same key and content is answered with it again."""

    __tablename__ = "idempotency_record"
    __table_args__ = (UniqueConstraint("scope", "key"),)

    #: whose keys these are and for what: "<user id>:<command>"
    scope: Mapped[str] = mapped_column(String(120))
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(HashHex)
    response: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class StoredFile(HasId, Model):
    """A file as it came (or a photo after scaling), kept with its hash. Append-only by trigger."""

    __tablename__ = "stored_file"
    __table_args__ = (
        UniqueConstraint("organisation_id", "sha256"),
        CheckConstraint("size >= 0", name="size_not_negative"),
    )

    organisation_id: Mapped[UUID]
    sha256: Mapped[str] = mapped_column(HashHex)
    media_type: Mapped[str] = mapped_column(String(80))
    #: the name that it was sent with, for showing only
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    stored_at: Mapped[datetime]
    stored_by: Mapped[UUID | None]


class InstallationMark(Model):
    """A fact about this installation, such as that its data are a demonstration."""

    __tablename__ = "installation_mark"

    key: Mapped[str] = mapped_column(Word, primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
