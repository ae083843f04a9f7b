"""QR codes of addresses, as small as they get: scheme and host in capitals fit the alphanumeric mode."""

from functools import lru_cache

import segno

#: Dots per module: enough for a sharp print at 30 mm.
SCALE = 8
#: What the alphanumeric mode of a QR code holds.
ALPHANUMERIC = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def short_address(address: str, path: str) -> str:
    """Return an address of this installation with scheme and host in capitals, which every reader takes alike."""
    scheme, _, rest = address.rstrip("/").partition("://")
    host, slash, base = rest.partition("/")
    return f"{scheme.upper()}://{host.upper()}{slash}{base}/{path.lstrip('/')}"


@lru_cache(maxsize=512)
def qr_image(text: str) -> str:
    """Return a QR code as a PNG in a data: address."""
    code = segno.make(text, error="m", micro=False, boost_error=False)
    return str(code.png_data_uri(scale=SCALE, border=2))


def qr_modules(text: str) -> int:
    """Return how many modules wide a QR code is, without its quiet zone."""
    return int(segno.make(text, error="m", micro=False, boost_error=False).symbol_size(border=0)[0])
