"""The forms of grading: choices, own schemes, what people vouch for, price grids."""

from uuid import UUID

from wtforms import BooleanField, DateField, FileField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from chain.core.i18n import N_
from chain.grading.scheme import COMMODITY_LABELS
from chain.grading.scheme_files import choosable_schemes
from chain.web.forms import BaseForm, ClientIdField, choices, option, required
from chain.web.i18n import current_language, gettext

MAX_LABEL, MAX_GROUND, MAX_PASTED = 120, 300, 60_000


class ChoiceForm(BaseForm):
    """Commodity, scheme with edition, first day."""

    id = ClientIdField()
    commodity = SelectField(N_("Product"), validators=[required])
    scheme = SelectField(N_("Norm and edition"), validators=[required])
    valid_from = DateField(N_("From which day"), validators=[required])

    def offer(self, commodity: str | None = None, organisation_id: UUID | None = None) -> None:
        """Fill the lists: for one product only its schemes, else every product and the schemes grouped by product."""
        language = "en" if current_language() == "en" else "es"
        wanted = [commodity] if commodity in COMMODITY_LABELS else list(COMMODITY_LABELS)
        self.commodity.choices = choices({product: COMMODITY_LABELS[product] for product in wanted})
        self.scheme.choices = [
            option(
                one.id, one.label[language], gettext(COMMODITY_LABELS[product]) if len(wanted) > 1 else None
            )
            for product in wanted
            for one in choosable_schemes(product, organisation_id)
        ]


class OwnSchemeForm(BaseForm):
    """What stands above the rows of an own scheme."""

    id = ClientIdField()
    kind = HiddenField()
    based_on = HiddenField()
    key = HiddenField()
    edition = HiddenField()
    shown = HiddenField()
    commodity = SelectField(N_("Product"), validators=[required])
    label_es = StringField(N_("Name of the list in Spanish"), validators=[required, Length(max=MAX_LABEL)])
    label_en = StringField(N_("Name of the list in English"), validators=[Length(max=MAX_LABEL)])
    word = StringField(
        N_("One short word for its code"),
        description=N_("Such as fine. It becomes part of the code under which others find the list."),
        validators=[Length(max=40)],
    )
    ground = StringField(
        N_("Where the figures come from"),
        description=N_("Such as: our contract with the mill, 2026; our own copy of the norm, page 7."),
        validators=[required, Length(max=MAX_GROUND)],
    )
    is_shared = BooleanField(N_("Other organisations may see and choose it"))


class OwnFileForm(BaseForm):
    """The words of a scheme file, pasted or as a file."""

    id = ClientIdField()
    key = HiddenField()
    word = StringField(N_("One short word for its code"), validators=[required, Length(max=40)])
    words = TextAreaField(N_("The words of the file (YAML)"), validators=[Length(max=MAX_PASTED)])
    file = FileField(N_("Or a file"))
    is_shared = BooleanField(N_("Other organisations may see and choose it"))


class ConfirmationForm(BaseForm):
    """Who vouches for a value of a norm, and on what ground."""

    id = ClientIdField()
    value_key = HiddenField()
    value = HiddenField()
    person = StringField(N_("Who confirms it"), validators=[required, Length(max=200)])
    basis = TextAreaField(
        N_("On what ground"),
        description=N_("Such as: our purchased copy of the norm, page 9, read on 20 November."),
        validators=[required, Length(max=1000)],
    )


class ColourListForm(BaseForm):
    """Which colour list, and from which day."""

    id = ClientIdField()
    scheme = SelectField(N_("Colour list"), validators=[required])
    valid_from = DateField(N_("From which day"), validators=[required])


class GridForm(BaseForm):
    """What stands above the cells of a price grid."""

    id = ClientIdField()
    key = HiddenField()
    edition = HiddenField()
    shown = HiddenField()
    grades_from = SelectField(N_("Classes of which list"), validators=[required])
    label_es = StringField(N_("Name of the grid in Spanish"), validators=[required, Length(max=MAX_LABEL)])
    label_en = StringField(N_("Name of the grid in English"), validators=[Length(max=MAX_LABEL)])
    word = StringField(N_("One short word for its code"), validators=[Length(max=40)])
    currency = SelectField(N_("Currency"), validators=[required])
    unit = SelectField(N_("Price per"), validators=[required])
    valid_from = DateField(N_("From which day"), validators=[required])
