"""A file of a form, looked at before it is brought into a table of the dairy."""

from uuid import UUID

from flask import g

from chain.core.clock import utc_now
from chain.core.db import atomic
from chain.core.errors import DomainError, Forbidden
from chain.core.files import get_file, store_file
from chain.core.i18n import N_
from chain.core.models import StoredFile
from chain.settlement.fortnight.forms import TableForm
from chain.settlement.fortnight.imported import Imported
from chain.settlement.fortnight.services.importing import import_table, require_table
from chain.settlement.fortnight.tables import MAX_FILE_BYTES, Table
from chain.web.i18n import gettext

NO_FILE = N_("Choose a file first.")


def keep_file(form: TableForm, table: Table) -> UUID | None:
    """Keep the file of a form that could be brought in, and return its id; refusals stand at its field."""
    upload = form.file.data
    if not form.validate_on_submit():
        return None
    content = upload.read(MAX_FILE_BYTES + 1) if upload else b""
    if not content:
        form.file.errors = [gettext(NO_FILE)]
        return None
    name = upload.filename or f"{table.value}.csv"
    now = utc_now()
    try:
        with atomic() as session:
            import_table(
                session, actor=g.actor, now=now, table=table, content=content, name=name, dry_run=True
            )
            stored = store_file(
                session,
                organisation_id=g.actor.org,
                name=name,
                media_type="application/octet-stream",
                content=content,
                now=now,
                user_id=g.actor.user_id,
            )
            return stored.id
    except Forbidden:
        raise
    except DomainError as refused:
        form.take_refusal(refused)
    return None


def take_kept(table: Table, file_id: UUID, *, dry_run: bool = False) -> tuple[StoredFile, Imported]:
    """Bring a kept file in, or only look at what it would bring.

    Raises:
        NotFound: the organisation has no such file.
        And what `import_table` raises.
    """
    require_table(g.actor, table)
    with atomic() as session:
        stored = get_file(session, organisation_id=g.actor.org, file_id=file_id)
        found = import_table(
            session,
            actor=g.actor,
            now=utc_now(),
            table=table,
            content=stored.content,
            name=stored.name,
            dry_run=dry_run,
        )
        return stored, found
