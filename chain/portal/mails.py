"""What mails say, in the language of the reader: plain text, no price, a link to the page and one out of the mails."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.core.i18n import N_, Message
from chain.portal.mailer import Mail, Mailer
from chain.portal.models import Alert, AlertSetting
from chain.web.i18n import gettext, ngettext, using_language

PRODUCT = {"en": "Chain"}
MAX_LISTED = 100


def _product(language: str) -> str:
    return PRODUCT.get(language, "Cadena")


def _language(session: Session, user_id: UUID) -> str:
    return session.get_one(User, user_id).language


def alert_mail(session: Session, line: Mailer, setting: AlertSetting, alert: Alert) -> Mail:
    """Return the mail of one alert."""
    language = _language(session, alert.user_id)
    with using_language(language):
        sentence = gettext(Message(alert.msgid, alert.params))
        text = f"{sentence}\n\n{line.address}{alert.path}\n\n{_foot(line, setting)}"
    return _mail(line, setting, f"{_product(language)}: {sentence}", text, f"alert-{alert.id}")


def digest_mail(session: Session, line: Mailer, setting: AlertSetting, alerts: Sequence[Alert]) -> Mail:
    """Return the morning mail of several alerts."""
    language = _language(session, setting.user_id)
    with using_language(language):
        subject = ngettext("%(num)s new alert", "%(num)s new alerts", len(alerts))
        lines = [
            f"- {gettext(Message(one.msgid, one.params))}\n  {line.address}{one.path}"
            for one in alerts[:MAX_LISTED]
        ]
        text = "\n\n".join([*lines, _foot(line, setting)])
    return _mail(line, setting, f"{_product(language)}: {subject}", text, f"digest-{alerts[-1].id}")


def code_mail(session: Session, line: Mailer, setting: AlertSetting, code: str) -> Mail:
    """Return the mail with the code that proves an address."""
    language = _language(session, setting.user_id)
    with using_language(language):
        subject = gettext(N_("Your code is %(code)s"), code=code)
        text = "\n\n".join(
            [
                gettext(N_("Type this code on the page of your alerts: %(code)s"), code=code),
                gettext(N_("It is good for a day. If you did not ask for it, forget this mail.")),
                f"{line.address}/alerts/settings",
            ]
        )
    return Mail(
        to=setting.email or "",
        subject=f"{_product(language)}: {subject}",
        text=text,
        message_id=f"code-{setting.user_id}-{int(setting.changed_at.timestamp())}",
        headers={},
    )


def _foot(line: Mailer, setting: AlertSetting) -> str:
    return "-- \n" + gettext(
        N_("You get this mail because you asked for it. No more mails: %(link)s"),
        link=_way_out(line, setting),
    )


def _way_out(line: Mailer, setting: AlertSetting) -> str:
    return f"{line.address}/alerts/unsubscribe/{setting.unsubscribe_token}"


def _mail(line: Mailer, setting: AlertSetting, subject: str, text: str, key: str) -> Mail:
    one_line = " ".join(subject.split())[:200]
    headers = {
        "List-Unsubscribe": f"<{_way_out(line, setting)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return Mail(setting.email or "", one_line, text, key, headers)
