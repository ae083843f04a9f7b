"""Labels for label printers: what ZPL would take for a command is written otherwise."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.lots.label_content import SHEETS, Label
from chain.lots.zpl import zpl_of, zpl_text
from chain.web.qr import ALPHANUMERIC, qr_modules, short_address

LABEL = Label(
    number="CC03-000123",
    printed_number="CC03-000123-W",
    product="Fibra de alpaca",
    colour="^FS",
    klass="Baby",
    norm="NTP-231.301:2014",
    amount="12.5 kg",
    claim="Ecológico",
    day="16 mar 2026",
    house="Ñandú ~HS_ \\& Compañía",
    bag="2/5",
    address="HTTPS://CHAIN.EXAMPLE/L/CC03-000123",
)


def test_special_characters_are_written_as_their_bytes() -> None:
    assert zpl_text("a^b~c_d\\e\nñ") == "a_5Eb_7Ec_5Fd_5Ce_0Añ"


@given(st.text(max_size=50))
def test_no_text_can_become_a_command(text: str) -> None:
    assert not set("^~\\") & set(zpl_text(text))
    assert all(re.fullmatch(r"_[0-9A-F]{2}", part) for part in re.findall(r"_.{0,2}", zpl_text(text)))


@pytest.mark.parametrize("size", ["50x30", "100x50"])
def test_a_label_stays_inside_its_paper(size: str) -> None:
    sheet = SHEETS[size]
    job = zpl_of([LABEL, LABEL], sheet)
    assert job.count("^XA") == job.count("^XZ") == job.count("^CI28") == 2
    width, height = sheet.width * 8, sheet.height * 8
    assert f"^PW{width:g}" in job
    for left, top, size_of_text in re.findall(r"\^FO(\d+),(\d+)\^A0N,(\d+)", job):
        assert int(left) < width
        assert int(top) + int(size_of_text) <= height
    scale = int(re.findall(r"\^BQN,2,(\d+)", job)[0])
    assert scale * qr_modules(LABEL.address) + 20 <= height
    assert "^FDMA,HTTPS://CHAIN.EXAMPLE/L/CC03-000123^FS" in job
    assert "^FDCC03-000123-W  2/5^FS" in job
    assert "_5EFS" in job


def test_the_code_holds_an_address_in_the_small_alphabet() -> None:
    address = short_address("https://cadena.pe/", "/L/CC03-000123")
    assert address == "HTTPS://CADENA.PE/L/CC03-000123"
    assert set(address) <= ALPHANUMERIC
    assert qr_modules(address) < qr_modules(address.lower())
    assert short_address("http://127.0.0.1:8000/base", "/L/1") == "HTTP://127.0.0.1:8000/base/L/1"
