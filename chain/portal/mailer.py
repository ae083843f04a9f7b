"""The line to the mail server. Nothing here knows what a mail is about."""

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import urlsplit

from chain.core.config import Settings

#: A mail server that does not answer holds up the queue, and on SQLite every writer, no longer than this.
TIMEOUT_SECONDS = 5
PERMANENT = 500


class AddressRefused(Exception):
    """The mail server will never take mails to this address; trying again is no use."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A plain text mail."""

    to: str
    subject: str
    text: str
    #: made of what it is about, so that a mail that is sent twice is known as one
    message_id: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mailer:
    """Sends mails through the server of the settings."""

    host: str
    port: int
    security: str
    user: str
    password: str
    sender: str
    #: where the pages are
    address: str

    @property
    def domain(self) -> str:
        """The right side of message ids."""
        return urlsplit(self.address).hostname or "localhost"

    def send(self, mail: Mail) -> None:
        """Hand a mail to the server.

        Raises:
            AddressRefused: the server refuses the receiver for good.
            OSError, smtplib.SMTPException: it did not work now.
        """
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, mail.to, mail.subject
        message["Date"], message["Message-ID"] = formatdate(), f"<{mail.message_id}@{self.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        for name, value in mail.headers.items():
            message[name] = value
        message.set_content(mail.text)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            if all(code >= PERMANENT for code, _ in error.recipients.values()):
                raise AddressRefused from error
            raise

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
            if self.security == "starttls":
                server.starttls(context=context)
        if self.user:
            server.login(self.user, self.password)
        return server


_mailer: list[Mailer] = []


def use_mail(settings: Settings) -> None:
    """Connect the settings' mail server, or none."""
    _mailer.clear()
    if settings.smtp_host:
        _mailer.append(
            Mailer(
                settings.smtp_host,
                settings.smtp_port,
                settings.smtp_security,
                settings.smtp_user,
                settings.smtp_password,
                settings.mail_from,
                settings.address,
            )
        )


def mailer() -> Mailer | None:
    """Return the line to the mail server; None: this installation sends no mail."""
    return _mailer[0] if _mailer else None
