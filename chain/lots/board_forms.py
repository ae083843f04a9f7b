"""The forms of the board: saving a search, giving it another name."""

from wtforms import HiddenField, StringField

from chain.core.i18n import N_
from chain.web.forms import BaseForm, ClientIdField, required


class SearchForm(BaseForm):
    """A name for the search that is shown."""

    id = ClientIdField()
    query = HiddenField()
    name = StringField(N_("Name of the search"), validators=[required])


class RenameForm(BaseForm):
    """Another name for a search."""

    name = StringField(N_("Name of the search"), validators=[required])
