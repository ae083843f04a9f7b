"""QR codes in a PDF: one bit for a dot, made from the text that an image's address names, with no picture file in between."""

import hashlib
import zlib
from typing import Any
from urllib.parse import quote, unquote

import pydyf
import segno

#: How an address of a code begins: `qr:` and the text, percent-encoded.
SCHEME = "qr:"
#: Dots per module of a QR: enough for a sharp print at 26 mm, also where a reader smooths pictures.
SCALE = 5
#: White modules around the code.
BORDER = 2
BLACK, WHITE = b"0", b"1"


def qr_address(text: str) -> str:
    """Return the address under which a document asks for the code of a text."""
    return SCHEME + quote(text, safe="")


class QrImage:
    """A QR code as WeasyPrint's images are; a fixed mask saves two thirds of the time of making it."""

    def __init__(self, text: str) -> None:
        """Make the code of a text."""
        code = segno.make(text, error="m", micro=False, boost_error=False, mask=2)
        #: part of a name in the file, where few characters may stand
        self.id = hashlib.sha256(text.encode()).hexdigest()[:32]
        self.ratio = 1
        self._dots, self._rows = _dots(code.matrix)

    def get_intrinsic_size(self, resolution: float, font_size: float) -> tuple[float, float, int]:
        """Return width, height and ratio."""
        del font_size
        return self._dots / resolution, self._dots / resolution, self.ratio

    def draw(self, stream: Any, concrete_width: float, concrete_height: float, style: Any) -> None:
        """Put the code where the stream stands; never smoothed."""
        del style
        name = stream.add_image(self, interpolate=False, ratio=1)
        stream.transform(concrete_width, 0, 0, -concrete_height, 0, concrete_height)
        stream.draw_x_object(name)

    def get_x_object(self, interpolate: bool, dpi_ratio: float) -> pydyf.Stream:  # noqa: FBT001 - called by WeasyPrint
        """Return the picture as an object of the file."""
        del interpolate, dpi_ratio
        extra = pydyf.Dictionary(
            {
                "Type": "/XObject",
                "Subtype": "/Image",
                "Width": self._dots,
                "Height": self._dots,
                "ColorSpace": "/DeviceGray",
                "BitsPerComponent": 1,
                "Interpolate": "false",
                "Filter": "/FlateDecode",
            }
        )
        return pydyf.Stream([self._rows], extra)


def _dots(matrix: Any) -> tuple[int, bytes]:
    """Return how many dots wide a code is, and its rows packed: eight dots a byte, each row from a new byte."""
    size = (len(matrix) + 2 * BORDER) * SCALE
    width = -(-size // 8)
    side = WHITE * BORDER * SCALE
    end = side + WHITE * (width * 8 - size)
    blank = b"\xff" * (width * BORDER * SCALE)
    rows = [
        int(side + row.replace(b"\x00", WHITE * SCALE).replace(b"\x01", BLACK * SCALE) + end, 2).to_bytes(
            width
        )
        * SCALE
        for row in matrix
    ]
    return size, zlib.compress(b"".join((blank, *rows, blank)))


class QrCodes(dict[str, QrImage]):
    """The images of one document: a code is made when its address is asked for."""

    def __contains__(self, address: object) -> bool:
        """Whether there is an image, or can be."""
        return super().__contains__(address) or (isinstance(address, str) and address.startswith(SCHEME))

    def __missing__(self, address: str) -> QrImage:
        """Make the code that an address names."""
        image = self[address] = QrImage(unquote(address.removeprefix(SCHEME)))
        return image
