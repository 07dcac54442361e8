"""The site of the documentation is whole, needs nothing from elsewhere, and can be searched from the disk."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import lxml.html
import pytest
from playwright.sync_api import Browser, expect

from tests.wallboard.conftest import browser

__all__ = ["browser"]

DOCS = Path("docs")


def named(shelves: list[dict[str, Any]]) -> list[str]:
    """The pages of the navigation, in its order."""
    pages = []
    for entry in shelves:
        for found in entry.values():
            pages += [found] if isinstance(found, str) else named(found)
    return pages


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it, where a link that leads nowhere is an error."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, folder / "docs")
    shutil.copy("zensical.toml", folder)
    zensical = Path(sys.executable).parent / "zensical"
    built = subprocess.run([zensical, "build", "--strict"], cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


def pages_of(site: Path) -> Iterator[tuple[Path, lxml.html.HtmlElement]]:
    """Every page of the site, parsed."""
    for page in site.rglob("*.html"):
        yield page, lxml.html.fromstring(page.read_bytes())


def test_every_page_is_in_the_navigation_once() -> None:
    pages = named(tomllib.loads(Path("zensical.toml").read_text(encoding="utf-8"))["project"]["nav"])
    assert len(pages) == len(set(pages))
    assert set(pages) == {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}


def test_the_readme_names_every_page() -> None:
    readme = Path("README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(docs/([^)#]+)", readme))
    assert {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")} - {"index.md"} <= named


def test_no_link_of_the_site_is_dead(site: Path) -> None:
    pages = dict(pages_of(site))
    ids = {page: set(tree.xpath("//@id")) for page, tree in pages.items()}
    dead = []
    for page, tree in pages.items():
        if page.name == "404.html":
            continue
        for target in {str(target) for target in tree.xpath("//@href | //@src")}:
            link = urlsplit(target)
            if link.scheme or link.netloc:
                continue
            leads_to = (page.parent / unquote(link.path)).resolve() if link.path else page
            leads_to = leads_to / "index.html" if leads_to.is_dir() else leads_to
            known = ids.get(leads_to, {link.fragment})
            if not leads_to.exists() or (link.fragment and unquote(link.fragment) not in known):
                dead.append(f"{page.relative_to(site)}: {target}")
    assert dead == []


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page, tree in pages_of(site):
        fetched = tree.xpath("//@src | //link[not(@rel='canonical')]/@href")
        assert [target for target in fetched if "//" in target] == [], page


def test_the_site_can_be_searched_from_the_disk(site: Path, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / "start" / "first-steps.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("tombstone")
    expect(page.get_by_text("How the table stays true").first).to_be_visible()
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
