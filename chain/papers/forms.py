"""Forms of papers."""

from wtforms import StringField
from wtforms.validators import Length

from chain.core.i18n import N_
from chain.papers.services.voiding import MAX_REASON
from chain.web.forms import BaseForm, required


class VoidPaperForm(BaseForm):
    """Why a paper is voided."""

    reason = StringField(N_("Reason"), validators=[required, Length(max=MAX_REASON)])
