"""The tour of the README names buttons and links as the pages do, in both languages, and its links and pictures exist."""

import re

from chain.app import ROOT
from chain.demo.accounts import PASSWORD, USERS
from chain.web.i18n import lookup

README = (ROOT / "README.md").read_text(encoding="utf-8")
TOUR = README[README.index("## The main job") : README.index("## Where to look next")]
#: "**Guardar** [Save]", over line ends too
LABELS = re.compile(r"\*\*([^*]+)\*\*,?\s+\[([^\]]+)\]")
MAX_PICTURE_BYTES = 150_000
LEAST_LABELS = 25


def test_every_label_of_the_tour_is_written_as_on_the_pages() -> None:
    pairs = {(_one_line(spanish), _one_line(english)) for spanish, english in LABELS.findall(TOUR)}
    wrong = {
        english: (spanish, lookup(english, "es"))
        for spanish, english in pairs
        if lookup(english, "es") != spanish
    }
    assert not wrong
    assert len(pairs) >= LEAST_LABELS


def test_the_tour_signs_in_people_of_the_demonstration() -> None:
    named = set(re.findall(r"\*\*`(\w[\w.]*)`", TOUR))
    assert {"acopio", "calidad", "ventas", "compra1", "presidencia", "contabilidad", "tesoreria"} <= named
    assert named <= {user.username for user in USERS}
    assert PASSWORD in TOUR


def test_links_and_pictures_of_the_documentation_exist() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)|src=\"([^\":{]+)\"", text):
            path = page.parent / (target[0] or target[1])
            assert path.exists(), f"{page.name}: {path}"


def test_pictures_are_light() -> None:
    for picture in (ROOT / "docs" / "img").glob("*"):
        assert picture.stat().st_size < MAX_PICTURE_BYTES, picture


def _one_line(text: str) -> str:
    return " ".join(text.split())
