"""Static files leave compressed; pages do not."""

import gzip

from tests.conftest import ChainClient
from tests.support.live import ROOT

PATH = "/static/css/govuk.css"
TAKES_GZIP = {"Accept-Encoding": "gzip, deflate"}


def test_a_style_sheet_leaves_as_gzip_for_whoever_takes_it(client: ChainClient) -> None:
    whole = (ROOT / PATH.lstrip("/")).read_bytes()
    with client.get(PATH, headers=TAKES_GZIP) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert int(answer.headers["Content-Length"]) == len(answer.data) < len(whole) / 4
        assert gzip.decompress(answer.data) == whole
    with client.get(PATH) as plain:
        assert "Content-Encoding" not in plain.headers
        assert plain.data == whole
    with client.get(PATH, headers={**TAKES_GZIP, "If-None-Match": answer.headers["ETag"]}) as again:
        assert again.status_code == 304


def test_pages_and_missing_files_are_left_alone(client: ChainClient) -> None:
    assert "Content-Encoding" not in client.get("/signin", headers=TAKES_GZIP).headers
    missing = client.get("/static/css/none.css", headers=TAKES_GZIP)
    assert missing.status_code == 404
    assert "Content-Encoding" not in missing.headers
    with client.get("/static/icons/chain.svg", headers=TAKES_GZIP) as small:
        assert small.status_code == 200
        assert "Content-Encoding" not in small.headers
