"""The pages of the API are what the API says of itself now."""

from collections.abc import Callable
from pathlib import Path

import pytest

from callboard.api.manual import api_page, errors_page, openapi_text


@pytest.mark.parametrize(
    ("name", "page"),
    [("api.md", api_page), ("errors.md", errors_page), ("openapi.json", openapi_text)],
)
def test_a_page_is_as_it_should_be(name: str, page: Callable[[], str]) -> None:
    kept = Path("docs/reference", name).read_text(encoding="utf-8")
    assert kept == page(), f"run: callboard reference {Path(name).stem} > docs/reference/{name}"
