"""Forms around a registration: photos, printing, goods that are not taken, bags of an open weighing."""

from datetime import date
from typing import Any

from wtforms import FileField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import DateField
from wtforms.validators import Length, Optional

from chain.core.i18n import N_
from chain.core.quantity import thousandths
from chain.lots.attributes import SPECS
from chain.lots.bag_lines import MAX_AMOUNT, container_id
from chain.lots.bags import MAX_CODE, Bag
from chain.lots.forms import options
from chain.lots.reject_rules import CAUSES, DISPOSITION_LABELS, FIRST, MAX_NOTE, Disposition
from chain.lots.services.goods_notes import Paper
from chain.lots.services.photos import MAX_CAPTION
from chain.web.forms import BaseForm, ClientIdField, NumberField, choices, required

PAPER_LABELS = {
    Paper.W80: N_("Roll of 80 mm"),
    Paper.W58: N_("Roll of 58 mm"),
    Paper.A5: N_("A5 sheet (PDF)"),
}


class PhotoForm(BaseForm):
    """A photo of a lot."""

    id = ClientIdField()
    file = FileField(N_("Photo"))
    caption = StringField(N_("What it shows"), validators=[Length(max=MAX_CAPTION)])


class PrintForm(BaseForm):
    """On which paper a note is printed."""

    id = ClientIdField()
    paper = RadioField(
        N_("Paper"),
        choices=options(PAPER_LABELS),
        default=Paper.W80.value,
        validators=[required],
        validate_choice=False,
    )


class RejectionForm(BaseForm):
    """Goods that were brought and not taken, of one product."""

    id = ClientIdField()
    quantity = NumberField(N_("How much was not taken"), validators=[required])
    cause = SelectField(N_("Cause"), validators=[required], validate_choice=False)
    note = TextAreaField(N_("Remark"), validators=[Length(max=MAX_NOTE)])
    disposition = RadioField(
        N_("What becomes of it"),
        choices=options({one: DISPOSITION_LABELS[one] for one in FIRST}),
        default=Disposition.RETURNED.value,
        validators=[required],
        validate_choice=False,
    )
    collect_by = DateField(N_("Kept until"), validators=[Optional()], description=N_("Only when it is kept."))
    file = FileField(N_("Photo"))

    def for_product(self, commodity: str) -> None:
        """Offer the causes of a product."""
        self.cause.choices = choices(CAUSES[commodity], blank=N_("Choose…"))

    def values(self) -> dict[str, Any]:
        """Return what was typed, by the names of the service."""
        kept = self.disposition.data == Disposition.TO_COLLECT
        day = self.collect_by.data
        return {
            "id": self.id.value,
            "quantity": small_units(self.quantity) or 0,
            "cause": self.cause.data or "",
            "note": self.note.data or None,
            "disposition": self.disposition.data or "",
            "collect_by": day if kept and isinstance(day, date) else None,
        }


class CloseRejectionForm(BaseForm):
    """What became of kept goods."""

    disposition = RadioField(
        N_("What becomes of it"),
        choices=options(
            {one: DISPOSITION_LABELS[one] for one in (Disposition.COLLECTED, Disposition.DISCARDED)}
        ),
        default=Disposition.COLLECTED.value,
        validators=[required],
        validate_choice=False,
    )


class BagForm(BaseForm):
    """One more bag of an open weighing."""

    id = ClientIdField()
    gross = NumberField(N_("Gross weight"))
    tare = NumberField(N_("Tare"), description=N_("Sack, rope or hook. Empty: nothing."))
    litres = NumberField(N_("Litres"))
    container = SelectField(N_("Bag or can"), validate_choice=False)
    code = StringField(N_("Written on it"), validators=[Length(max=MAX_CODE)])

    def for_product(self, commodity: str, containers: list[Any]) -> None:
        """Leave out what the product does not need."""
        self.container.choices = containers
        for name in ("litres",) if SPECS[commodity].is_tared else ("gross", "tare"):
            delattr(self, name)

    def bag(self) -> Bag:
        """Return the bag as typed."""
        gross, tare, litres = (
            small_units(self[name]) if name in self else None for name in ("gross", "tare", "litres")
        )
        return Bag(
            gross_g=gross,
            tare_g=tare,
            volume_ml=litres,
            container_type_id=container_id(self.container.data),
            code=(self.code.data or "").strip() or None,
        )


class ReasonForm(BaseForm):
    """Why something is given up."""

    reason = TextAreaField(N_("Reason"), validators=[required])


#: Where the refusals of services land in these forms.
FIELD_OF = {"gross_g": "gross", "tare_g": "tare", "volume_ml": "litres", "container_type_id": "container"}


def small_units(field: Any) -> int | None:
    """Return grams or millilitres of a number field."""
    return None if field.data is None else max(min(thousandths(field.data), MAX_AMOUNT), -MAX_AMOUNT)
