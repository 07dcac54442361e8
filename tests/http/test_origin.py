"""Which requests come from a page of another site."""

import pytest

from callboard.http.origin import from_other_site
from callboard.http.values import Request


@pytest.mark.parametrize(
    ("headers", "other"),
    [
        ({}, False),
        ({"host": "here:8080"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "https://here", "host": "behind-a-proxy"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"origin": "http://here:8080", "host": "here:8080"}, False),
        ({"origin": "http://HERE:8080", "host": "here:8080"}, False),
        ({"origin": "http://here", "host": "here:8080"}, True),
        ({"origin": "http://elsewhere", "host": "here:8080"}, True),
        ({"origin": "http://elsewhere"}, True),
        ({"origin": "null", "host": "here:8080"}, True),
    ],
)
def test_what_the_browser_says_counts(headers: dict[str, str], other: bool) -> None:
    assert from_other_site(Request(method="POST", path="/", headers=headers, at=0.0)) is other
