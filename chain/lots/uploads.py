"""Files between preview and confirmation: kept on the disk of the server for two hours, known by what they hold.

A file lies under var/uploads/<organisation>/<sha256 of its content>; nothing of the path comes from the browser. The page
carries a signed slip (file name for people, hash, choices, the id of the import), bound to organisation and user, so that
it can be reloaded and sent twice without harm. Several web machines need a common CHAIN_VAR_DIR for this.
"""

import hashlib
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from itsdangerous import BadData, URLSafeTimedSerializer

from chain.core.ids import new_id
from chain.lots.importing.report import UploadGone
from chain.lots.services.imports import ImportChoices, tidy_name

KEPT_SECONDS = 2 * 3600
#: Files that one organisation may have waiting; the oldest go first.
MAX_WAITING = 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SALT = "chain.lots.uploads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What the page knows of a file that waits."""

    sha256: str
    file_name: str
    choices: ImportChoices
    batch_id: UUID


class UploadShelf:
    """The files of one organisation that wait for their confirmation."""

    def __init__(self, var_dir: Path, secret: str, organisation_id: UUID, user_id: UUID | None) -> None:
        self._folder = var_dir / "uploads" / organisation_id.hex
        self._owner = f"{organisation_id.hex}:{user_id.hex if user_id else ''}"
        self._signer = URLSafeTimedSerializer(secret, salt=_SALT)

    def keep(self, content: bytes, file_name: str, choices: ImportChoices) -> Slip:
        """Keep a file and return its slip."""
        digest = hashlib.sha256(content).hexdigest()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        unfinished = self._folder / f"{digest}.{new_id().hex}.part"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            unfinished.replace(self._folder / digest)
        except OSError:  # a full disk is not made fuller
            unfinished.unlink(missing_ok=True)
            raise
        return Slip(sha256=digest, file_name=tidy_name(file_name), choices=choices, batch_id=new_id())

    def content(self, slip: Slip) -> bytes:
        """Return a kept file.

        Raises:
            UploadGone: it was swept away, or the disk holds something else under its name.
        """
        path = self._folder / slip.sha256
        try:
            if not _SHA256.fullmatch(slip.sha256) or time.time() - path.stat().st_mtime > KEPT_SECONDS:
                raise UploadGone
            content = path.read_bytes()
        except OSError:
            raise UploadGone from None
        if hashlib.sha256(content).hexdigest() != slip.sha256:
            raise UploadGone
        return content

    def sign(self, slip: Slip) -> str:
        """Return a slip for the page."""
        choices = slip.choices
        factor = None if choices.grams_per_quintal is None else str(choices.grams_per_quintal)
        return self._signer.dumps(
            [
                self._owner,
                slip.sha256,
                slip.file_name,
                choices.unit,
                factor,
                choices.commodity,
                slip.batch_id.hex,
            ]
        )

    def read(self, text: str | None) -> Slip:
        """Return the slip that a page brings back.

        Raises:
            UploadGone: it is too old, tampered with, or another person's.
        """
        try:
            values: list[Any] = self._signer.loads(text or "", max_age=KEPT_SECONDS)
            owner, sha256, file_name, unit, factor, commodity, batch_id = values
        except (BadData, ValueError):
            raise UploadGone from None
        if owner != self._owner:
            raise UploadGone
        choices = ImportChoices(
            unit=unit,
            grams_per_quintal=None if factor is None else Decimal(factor),
            commodity=commodity,
        )
        return Slip(sha256=sha256, file_name=file_name, choices=choices, batch_id=UUID(batch_id))

    def _sweep(self) -> None:
        """Delete what is too old or too much."""
        found = []
        for one in self._folder.iterdir():
            with suppress(OSError):  # another request has just finished or swept it
                found.append((one.stat().st_mtime, one))
        oldest_first = sorted(found)
        for place, (modified, path) in enumerate(reversed(oldest_first)):
            if place >= MAX_WAITING - 1 or time.time() - modified > KEPT_SECONDS:
                with suppress(OSError):
                    path.unlink()
