"""The pages on webhooks say what the code does."""

import re
from pathlib import Path

import msgspec

from callboard.api.webhook_shapes import CallsFollowed, NewWebhookView, WebhookWanted
from callboard.operations.happenings import NEEDED, Happening
from callboard.operations.webhooks import MOST_LIMITS, MOST_PER_LOGIN
from callboard.webhooks.settings import WebhooksSettings

PAGE = Path("docs/reference/webhooks.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"`([\w.]+)`", PAGE))


def test_every_event_is_told_with_its_right() -> None:
    rows = dict(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|[^|]+\|([^|]*)\|$", PAGE, re.MULTILINE))
    assert set(rows) == set(Happening)
    for event, right in NEEDED.items():
        assert f"`{right.value}`" in rows[event] or "the same" in rows[event]


def test_every_member_is_told() -> None:
    endings = {f"{name}{ending}" for name in ("caller", "dialed", "callee") for ending in ("_prefix", "_contains")}
    told = WORDS | endings | {"caller_name_contains"}
    for struct in (WebhookWanted, NewWebhookView, CallsFollowed):
        assert set(struct.__struct_fields__) <= told


def test_the_figures_are_the_settings() -> None:
    settings = WebhooksSettings()
    assert settings.retries == (5.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0, 86_400.0)
    assert "after 5 s, 30 s, 2 min, 10 min, 1 h, 6 h and 24 h" in PAGE
    assert f"within {settings.timeout:.0f} seconds" in PAGE
    assert f"Up to {settings.queue:,} messages" in PAGE
    assert f"{settings.keep_dead:,} dead messages" in PAGE
    assert f"the last {settings.keep_delivered:,} that arrived" in PAGE
    assert f"{MOST_PER_LOGIN} webhooks at most" in PAGE
    assert f"{MOST_LIMITS} at most" in PAGE
    assert settings.at_once == 4
    assert "four messages are on the way" in PAGE


def test_the_printed_json_is_json() -> None:
    (printed,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert msgspec.json.decode(printed)["type"] in NEEDED
