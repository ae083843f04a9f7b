"""The picture of a QR code is the code, module by module."""

import zlib

import segno

from chain.papers.drawing.qr_codes import BORDER, SCALE, QrCodes, QrImage, qr_address

TEXT = "HTTP://CADENA.EXAMPLE.PE/R/ABCDEFGHIJKLMNOP"


def test_each_module_is_a_square_of_dots() -> None:
    image = QrImage(TEXT).get_x_object(interpolate=False, dpi_ratio=1)
    dots = image.extra["Width"]
    rows = zlib.decompress(image.stream[0])
    width = -(-dots // 8)
    assert len(rows) == dots * width
    code = segno.make(TEXT, error="m", micro=False, boost_error=False, mask=2)
    wanted = [list(row) for row in code.matrix_iter(border=BORDER)]
    assert dots == len(wanted) * SCALE
    for dot in (0, SCALE - 1):
        found = [
            [1 - (rows[y * width + x // 8] >> (7 - x % 8) & 1) for x in range(dot, dots, SCALE)]
            for y in range(dot, dots, SCALE)
        ]
        assert found == wanted


def test_a_code_is_made_once_for_its_address() -> None:
    codes = QrCodes()
    address = qr_address("clave * 1|á%2F")
    assert address in codes
    assert "data:image/png;base64,AAAA" not in codes
    assert codes[address] is codes[address]
    assert codes[address].id == QrImage("clave * 1|á%2F").id
