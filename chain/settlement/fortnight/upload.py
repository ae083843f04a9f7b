"""A file of a form, brought into a table of the dairy."""

from flask import g

from chain.core.clock import utc_now
from chain.core.db import atomic
from chain.core.errors import DomainError, Forbidden
from chain.core.i18n import N_
from chain.settlement.fortnight.forms import TableForm
from chain.settlement.fortnight.services.importing import Imported, import_table
from chain.settlement.fortnight.tables import MAX_FILE_BYTES, Table
from chain.web.i18n import gettext

NO_FILE = N_("Choose a file first.")


def take_file(form: TableForm, table: Table) -> Imported | None:
    """Bring in the file of a form; refusals stand at its field."""
    upload = form.file.data
    if not form.validate_on_submit():
        return None
    content = upload.read(MAX_FILE_BYTES + 1) if upload else b""
    if not content:
        form.file.errors = [gettext(NO_FILE)]
        return None
    try:
        with atomic() as session:
            return import_table(
                session,
                actor=g.actor,
                now=utc_now(),
                table=table,
                content=content,
                name=upload.filename or f"{table.value}.csv",
            )
    except Forbidden:
        raise
    except DomainError as refused:
        form.take_refusal(refused)
    return None
