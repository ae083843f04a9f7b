"""What the lists of a dairy's terms have in common: rows, the form of a new one, and how a form is saved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import flash, g, render_template, url_for
from sqlalchemy.orm import Session

from chain.accounts.rules import Permission
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.paging import Page
from chain.producers.queries import producers_by_member_code
from chain.settlement.fortnight.queries import pages as queries
from chain.web.forms import BaseForm
from chain.web.i18n import gettext

UNKNOWN_MEMBER = N_("We do not know this member code in your organisation.")
SAVED = N_("Saved.")
PRODUCER, END_TODAY = N_("Producer"), N_("End it today")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list, and what may be done with it."""

    cells: Sequence[object]
    action: str | None = None
    word: str = END_TODAY
    context: str = ""


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list of terms with the form of a new one."""

    endpoint: str
    title: str
    about: str
    new: str
    form: type[BaseForm]
    fields: Sequence[str]
    headers: Sequence[str | tuple[str, str]]
    permission: Permission
    template: str = "settlement/fortnight/list.html"

    def render(self, form: BaseForm, page: Page[Any], cells: Callable[[Any], Row]) -> str:
        """Return the page."""
        return render_template(
            self.template,
            title=self.title,
            about=self.about,
            new=self.new,
            headers=[
                gettext(one) if isinstance(one, str) else (gettext(one[0]), one[1]) for one in self.headers
            ]
            + [""],
            rows=[cells(one) for one in page.items],
            page=page,
            form=form,
            fields=self.fields,
            action=url_for(self.endpoint),
            may_write=g.actor.may(self.permission),
        )

    def save(self, form: Any, write: Callable[[Session, UUID], object]) -> bool:
        """Run a service for a form that is valid; refusals land at its fields."""
        producer_id = UUID(int=0)
        if not form.validate_on_submit():
            return False
        if "member_code" in self.fields:
            code = (form.member_code.data or "").strip()
            found = producers_by_member_code(db.session, g.actor.org, [code]).get(code)
            if found is None:
                form.member_code.errors = [gettext(UNKNOWN_MEMBER)]
                return False
            producer_id = found
        try:
            with atomic() as session:
                write(session, producer_id)
        except DomainError as refused:
            form.take_refusal(refused)
            return False
        flash(gettext(SAVED), "success")
        return True


def who(one: queries.TermRow) -> str:
    """Return the producer of a row, by name and code."""
    return f"{one.full_name} ({one.member_code})" if one.member_code else str(one.full_name)
