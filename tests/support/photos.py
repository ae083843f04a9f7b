"""Pictures for tests, drawn here."""

import io

from PIL import Image


def picture(width: int, height: int, kind: str = "JPEG", exif: Image.Exif | None = None) -> bytes:
    """Return a plain picture of some size."""
    out = io.BytesIO()
    extra = {"exif": exif} if exif is not None else {}
    Image.new("RGB", (width, height), (180, 140, 90)).save(out, kind, **extra)
    return out.getvalue()
