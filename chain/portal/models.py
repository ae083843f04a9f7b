"""Tables of alerts: what a user is told in the page and by e-mail, what of it the user wants, and the searches that wake it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HasId, Model, Name, Word


class Alert(HasId, Model):
    """Something that a user is told, once."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("user_id", "organisation_id", "dedupe_key"),
        Index("ix_alert_user_created", "user_id", "organisation_id", "created_at"),
        Index(
            "ix_alert_unread",
            "user_id",
            "organisation_id",
            postgresql_where=text("read_at IS NULL"),
            sqlite_where=text("read_at IS NULL"),
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    #: for which of the user's organisations
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: a kind of `rules.AlertKind`
    kind: Mapped[str] = mapped_column(Word)
    #: a sentence as msgid and params, translated when shown; never a price
    msgid: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]]
    #: the page that it is about: a path of this program
    path: Mapped[str] = mapped_column(String(300))
    #: the event and what happened to it, so that nobody is told twice
    dedupe_key: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    #: when a mail server took it; null: not wanted by mail, or not yet
    mailed_at: Mapped[datetime | None]


class AlertSetting(Model):
    """How a user wants to be told. Without a row: in the page only."""

    __tablename__ = "alert_setting"
    __table_args__ = (
        UniqueConstraint("unsubscribe_token"),
        CheckConstraint("pace IN ('at_once', 'daily', 'off')", name="pace"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254))
    #: null: the address was typed and not yet proven to be the user's
    confirmed_at: Mapped[datetime | None]
    #: sha256 of the code that was sent to the address, and until when it is good
    code_hash: Mapped[str | None] = mapped_column(String(64))
    code_until: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(default=0)
    #: at_once, daily or off
    pace: Mapped[str] = mapped_column(Word, default="off")
    #: kinds that the user wants by mail
    kinds: Mapped[list[Any]]
    #: stands in the link at the foot of each mail
    unsubscribe_token: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[datetime]


class BoardSearch(HasId, Model):
    """A filter of the lot board that a buyer wants again, and to be told of when something fits."""

    __tablename__ = "board_search"
    __table_args__ = (UniqueConstraint("user_id", "organisation_id", "name"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(Name)
    #: fields of a lot filter
    filters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
