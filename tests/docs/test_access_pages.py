"""The pages on access say what the code does."""

import re
from pathlib import Path

import msgspec

from callboard.access.masks import Mask, Masks, masked_number
from callboard.access.rights import ROLE_RIGHTS, Right, Role
from callboard.api.resources.audit import AuditQuery
from callboard.api.resources.history import HistoryQuery
from callboard.api.resources.tokens import TokenView, WantedToken
from callboard.operations.audit import MOST_FAILURES, SIGN_IN
from callboard.operations.catalogue import CATALOGUE

RIGHTS, TOKENS, HISTORY = (
    Path(f"docs/reference/{name}.md").read_text(encoding="utf-8") for name in ("rights", "tokens", "history")
)


def words_of(text: str) -> set[str]:
    return set(re.findall(r"`([\w.]+)`", text))


def test_every_right_is_told_with_the_roles_that_have_it() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \|[^|]*(?:\|[^|]*?)??\|([ yes]*)\|([ yes]*)\|([ yes]*)\|$", RIGHTS, re.MULTILINE)
    told = {right: {role for role, cell in zip(Role, cells, strict=True) if "yes" in cell} for right, *cells in rows}
    assert told == {right.value: {role for role in Role if right in ROLE_RIGHTS[role]} for right in Right}


def test_every_mask_is_told_and_the_example_is_right() -> None:
    section = RIGHTS.split("\n## Masks\n")[1]
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == {mask.value for mask in Mask}
    number, shown = re.findall(r"`(\d+)` is shown as `([\d*]+)`", section)[0]
    assert masked_number(number, Masks(kinds=frozenset(Mask))) == shown


def test_every_member_of_a_token_is_told() -> None:
    sent = set(re.findall(r"^\| `(\w+)` \|", TOKENS, re.MULTILINE))
    assert sent == set(WantedToken.__struct_fields__)
    assert set(TokenView.__struct_fields__) <= words_of(TOKENS)


def test_every_parameter_is_told() -> None:
    calls, audit = HISTORY.split("\n## Audit\n")
    told = words_of(calls)
    told |= {f"{name}{ending}" for name in ("caller", "callee", "dialed") for ending in ("_prefix", "_contains")}
    assert set(HistoryQuery.__struct_fields__) <= told
    assert set(AuditQuery.__struct_fields__) <= words_of(audit)


def test_every_action_that_is_written_down_is_told() -> None:
    audited = {operation.name for operation in CATALOGUE if operation.audited}
    assert audited | {SIGN_IN} <= words_of(HISTORY)
    assert f"at most {MOST_FAILURES} a minute" in HISTORY


def test_the_printed_json_is_json() -> None:
    for page in (RIGHTS, HISTORY):
        (printed,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
        assert msgspec.json.decode(printed)
