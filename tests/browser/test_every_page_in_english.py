"""Every page that a link leads to, as every role. In a file of its own, so that two processes share the languages."""

from tests.browser.conftest import OpenPage
from tests.support.every_page import check_every_page
from tests.support.live import LiveServer


def test_every_page_in_english_is_accessible_light_and_fits_a_phone(
    open_page: OpenPage, demo_server: LiveServer
) -> None:
    check_every_page("en", open_page, demo_server)
