"""Refusals of tax papers."""

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_


class TaxPapersOff(Conflict):
    """A rate or limit that a tax paper needs was not confirmed by an accountant."""

    code = "tax_papers_off"
    text = N_("Tax papers are off: %(missing)s was not confirmed.")


class TaxCountryUnknown(Conflict):
    """There are tax papers for Peru in soles and Bolivia in bolivianos only."""

    code = "tax_country_unknown"
    text = N_("There is no tax paper for this country and currency.")


class TaxRunNotInBooks(Conflict):
    """Tax papers are made of a settlement that is in the books."""

    code = "tax_run_not_in_books"
    text = N_("The settlement must be in the books first.")


class BadTaxSetting(DomainError):
    """A rate above 100 %, an ubigeo without six digits, a place without an address."""

    code = "bad_tax_setting"
    kind = Kind.INVALID
    text = N_("This value does not fit the setting.")
    field = "value"


class TaxSettingConfirmed(Conflict):
    """A setting is confirmed once; another rate is another setting."""

    code = "tax_setting_confirmed"
    text = N_("This setting is confirmed already.")


class TaxFactIncomplete(DomainError):
    """A RAU certificate has a number and a last day."""

    code = "tax_fact_incomplete"
    kind = Kind.INVALID
    text = N_("A RAU certificate has a number and a last day.")
    field = "rau_number"
