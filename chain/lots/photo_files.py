"""Photos as they are kept: read by their content, turned upright, at most 1,280 pixels wide or high, without the place
where they were taken. Pure, apart from the memory that a picture takes.
"""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from chain.lots.errors import NotAPhoto

MAX_SIDE = 1280
#: Decoded at once, a PNG or WebP takes four bytes per pixel; a JPEG is read scaled down already.
MAX_PIXELS, MAX_JPEG_PIXELS = 30_000_000, 120_000_000
MAX_RATIO = 50
FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/jpeg"
QUALITY = 80
WHITE = (255, 255, 255)

#: One picture at a time: their pixels are the largest thing that a request holds.
_decoding = threading.Lock()


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo in the form that is kept; `read_photo` makes it, before any transaction is open."""

    content: bytes


def read_photo(content: bytes) -> Photo:
    """Return a photo as JPEG in the size that is kept; metadata is dropped.

    Raises:
        NotAPhoto: no JPEG, PNG or WebP, a broken one, or one of far too many pixels.
    """
    with _decoding, _whole_pictures_only():
        try:
            return Photo(_scaled(content))
        except (
            UnidentifiedImageError,
            Image.DecompressionBombError,
            Image.DecompressionBombWarning,
            OSError,
            ValueError,
            SyntaxError,  # what Pillow raises for some broken PNG
            EOFError,
        ):
            raise _refusal() from None


@contextmanager
def _whole_pictures_only() -> Iterator[None]:
    """Let Pillow refuse pictures that break off; WeasyPrint, once loaded, has it fill them with grey."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _scaled(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        width, height = opened.size
        limit = MAX_JPEG_PIXELS if opened.format == "JPEG" else MAX_PIXELS
        if width * height > limit or max(width, height) > MAX_RATIO * min(width, height):
            raise _refusal()
        opened.draft("RGB", (MAX_SIDE, MAX_SIDE))
        upright = ImageOps.exif_transpose(opened)
        picture = _on_white(upright)
        picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
        # a new picture: nothing that came with the file, such as the place, goes along
        kept = Image.new("RGB", picture.size, WHITE)
        kept.paste(picture)
        out = io.BytesIO()
        kept.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
        return out.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    """Return the picture in plain colours; what was transparent is white."""
    if picture.mode not in {"RGBA", "LA", "PA", "P"} and "transparency" not in picture.info:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    flat = Image.new("RGB", layered.size, WHITE)
    flat.paste(layered, mask=layered.getchannel("A"))
    return flat


def _refusal() -> NotAPhoto:
    return NotAPhoto(limit=MAX_PIXELS // 1_000_000)
