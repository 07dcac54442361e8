"""What the pages tell people to paste into callboard.toml is a file that Callboard takes."""

import re
from pathlib import Path

import pytest

from callboard.config import load

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = {
    "connect-asterisk.md": {"asterisk": {"pbx1"}},
    "connect-freeswitch.md": {"freeswitch": {"pbx1"}},
    "connect-kamailio.md": {"kamailio": {"edge1"}},
    "connect-opensips.md": {"opensips": {"edge1"}},
    "run-a-server.md": {"asterisk": {"pbx1", "pbx2"}, "kamailio": {"edge"}},
}


@pytest.mark.parametrize("page", PAGES)
def test_the_settings_of_a_page_can_be_pasted(page: str, tmp_path: Path) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```$", (HOW_TO / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found = [block for block in blocks if "[switches." in block]
    assert found
    for settings in found:
        file = tmp_path / "callboard.toml"
        file.write_text(settings, encoding="utf-8")
        switches = load(file, {}, {}).switches
        given = {kind: set(getattr(switches, kind)) for kind in ("asterisk", "freeswitch", "kamailio", "opensips")}
        assert {kind: names for kind, names in given.items() if names} == PAGES[page]


@pytest.mark.parametrize("page", PAGES)
def test_the_secrets_of_a_page_have_the_names_that_it_says(page: str) -> None:
    text = (HOW_TO / page).read_text(encoding="utf-8")
    for variable in re.findall(r"CALLBOARD_SWITCHES__\w+", text):
        _, kind, name, setting = variable.split("__")
        (switch,) = getattr(load(None, {variable: "opensesame"}, {}).switches, kind.lower()).values()
        assert (switch.name, getattr(switch, setting.lower())) == (name.lower(), "opensesame")
