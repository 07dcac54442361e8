"""What the pages print as settings is taken as settings, and what they print as JSON is what the API sends."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from callboard.api.resources.audit import Deed
from callboard.api.resources.disconnect import BatchView
from callboard.api.resources.whoami import WhoAmIView
from callboard.config.loading import load

DOCS = Path("docs")


def printed(language: str) -> Iterator[Any]:
    """Every block of the docs in a language, each with the name of its page."""
    for page in sorted(DOCS.rglob("*.md")):
        name = page.relative_to(DOCS).as_posix()
        text = page.read_text(encoding="utf-8")
        for number, block in enumerate(re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)):
            yield pytest.param(block, id=f"{name}-{number}")


def json_of(page: str) -> Any:
    """The one JSON document of a page."""
    (block,) = re.findall(r"^```json\n(.*?)^```$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return msgspec.json.decode(block)


@pytest.mark.parametrize("block", [one for one in printed("toml") if "[[customers]]" not in one.values[0]])
def test_settings_are_taken_as_printed(block: str, tmp_path: Path) -> None:
    file = tmp_path / "callboard.toml"
    file.write_text(block, encoding="utf-8")
    assert load(file, {}, {})


@pytest.mark.parametrize("block", list(printed("json")))
def test_documents_can_be_read(block: str) -> None:
    for document in block.split("\n\n"):
        assert msgspec.json.decode(document)


def test_the_audit_is_printed_with_every_field() -> None:
    (entry,) = json_of("reference/history.md")["entries"]
    assert tuple(entry) == Deed.__struct_fields__


def test_whoami_is_printed_with_every_field() -> None:
    assert set(json_of("reference/rights.md")) == set(WhoAmIView.__struct_fields__)


def test_what_a_batch_tells_is_told_on_its_page() -> None:
    page = (DOCS / "how-to/command-calls.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)`", page))
    assert {"state", "words", "outcomes", "left"} <= told & set(BatchView.__struct_fields__)
