"""Sections that the operator names: one for each switch, however the settings are given."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.config import Config, ConfigError, load
from callboard.config.loading import gather
from callboard.config.pages import in_force, in_force_text
from callboard.config.tree import dotted, settings, variable, with_name

SETTINGS = """\
[switches.asterisk.pbx-1]
host = "192.0.2.1"
secret = "opensesame"

[switches.asterisk."pbx.example.org"]

[switches.kamailio.edge]
rpc = "http://192.0.2.2:8090/RPC"
list_interval = 60
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path, SETTINGS)


def write(folder: Path, text: str) -> Path:
    path = folder / "callboard.toml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(
    path: Path | None, environment: dict[str, str] | None = None, options: dict[str, str] | None = None
) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environment or {}, options or {})
    return [str(mistake).removeprefix(f"{path}:") for mistake in caught.value.mistakes]


def test_a_switch_has_the_name_of_its_section(file: Path) -> None:
    switches = load(file, {}, {}).switches
    assert {name: (switch.name, switch.host) for name, switch in switches.asterisk.items()} == {
        "pbx-1": ("pbx-1", "192.0.2.1"),
        "pbx.example.org": ("pbx.example.org", "127.0.0.1"),
    }
    assert (switches.kamailio["edge"].list_interval, switches.kamailio["edge"].list_timeout) == (60.0, 20.0)
    assert switches.freeswitch == {}


def test_a_variable_finds_the_section_whatever_its_case_dashes_and_dots(file: Path) -> None:
    environment = {
        "CALLBOARD_SWITCHES__ASTERISK__PBX_1__SECRET": "swordfish",
        "CALLBOARD_SWITCHES__ASTERISK__PBX_EXAMPLE_ORG__PORT": "5039",
    }
    loaded = gather(file, environment, {})
    asterisks = loaded.config.switches.asterisk
    assert list(asterisks) == ["pbx-1", "pbx.example.org"]
    assert (asterisks["pbx-1"].secret, asterisks["pbx.example.org"].port) == ("swordfish", 5039)
    assert loaded.origin(("switches", "asterisk", "pbx-1", "host")) == f"{file}:2"


@pytest.mark.parametrize("key", ["switches.asterisk.pbx.example.org.host", 'switches.asterisk."pbx.example.org".host'])
def test_an_option_finds_it_with_or_without_quotes(file: Path, key: str) -> None:
    switches = load(file, {}, {key: "192.0.2.9"}).switches
    assert switches.asterisk["pbx.example.org"].host == "192.0.2.9"


def test_where_the_file_has_none_variables_and_options_make_one() -> None:
    config = load(None, {"CALLBOARD_SWITCHES__ASTERISK__PBX1__HOST": "a"}, {"switches.asterisk.pbx1.port": "1"})
    assert [(each.name, each.host, each.port) for each in config.switches.asterisk.values()] == [("pbx1", "a", 1)]


def test_where_the_file_has_some_a_misspelled_name_makes_no_further_one(file: Path) -> None:
    assert mistakes(
        file,
        {"CALLBOARD_SWITCHES__ASTERISK__PBX_2__SECRET": "x"},
        {"switches.kamailio.egde.rpc": "http://192.0.2.3/RPC"},
    ) == [
        (
            "environment variable CALLBOARD_SWITCHES__ASTERISK__PBX_2__SECRET: there is no such setting; "
            "did you mean `CALLBOARD_SWITCHES__ASTERISK__PBX_1__SECRET`?"
        ),
        (
            "option --set: switches.kamailio.egde.rpc: there is no such setting; "
            "did you mean `switches.kamailio.edge.rpc`?"
        ),
    ]


def test_a_misspelled_setting_is_told_before_there_is_any_section() -> None:
    [mistake] = mistakes(None, {}, {"switches.asterisk.pbx1.hots": "x"})
    assert "did you mean `switches.asterisk.NAME.host`?" in mistake


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[switches.asterisk]\nhost = "192.0.2.1"\n',
            (
                "2: switches.asterisk.host: [switches.asterisk] holds named sections and no settings; "
                "write it below a header with a name that you choose: [switches.asterisk.NAME]"
            ),
        ),
        (
            '[switches.asterisk.pbx1]\nhots = "192.0.2.1"\n',
            "2: switches.asterisk.pbx1.hots: there is no such setting; did you mean `host`?",
        ),
        (
            '[switches.asterisk.pbx1]\nname = "pbx"\n',
            (
                "2: switches.asterisk.pbx1.name: there is no such setting; "
                "the header has the name: write it as [switches.asterisk.pbx]"
            ),
        ),
        (
            '[switches.asterisk.pbx.example]\nhost = "192.0.2.1"\n',
            (
                "1: switches.asterisk.pbx.example: there is no such setting; "
                'a name with dots stands in quotes, such as [switches.asterisk."pbx.example"]'
            ),
        ),
        (
            "[switches.asterisk.pbx1]\nport = 0\n",
            "2: switches.asterisk.pbx1.port: wants a whole number from 1 to 65535, not 0; for example `port = 5038`",
        ),
        (
            '[switches.asterisk."Büro 1"]\n',
            (
                '1: switches.asterisk: "Büro 1" cannot be a name here: '
                "it wants a name of 1 to 64 letters, digits, dashes, underscores and dots"
            ),
        ),
        (
            "[switches.asterisk.pbx-1]\n[switches.freeswitch.PBX_1]\n",
            (
                "2: switches.freeswitch.PBX_1: another switch has this name, or one too near to it: "
                "switches.asterisk.pbx-1 (PATH:1); give one of them another name, "
                "one that differs in more than case, dashes and dots"
            ),
        ),
        (
            "[switches.opensips.b2bua]\n",
            (
                "1: switches.opensips.b2bua: another switch has this name, or one too near to it: "
                "switches.b2bua.name; give one of them another name, "
                "one that differs in more than case, dashes and dots"
            ),
        ),
        (
            '[switches.kamailio.edge]\nevents = "nowhere"\n',
            "2: switches.kamailio.edge.events: events is 'nowhere', which has no port: write it like 192.0.2.7:8448",
        ),
        (
            '[switches.kamailio.edge]\nrpc = "https://boss:opensesame@192.0.2.2/RPC"\n',
            (
                "2: switches.kamailio.edge.rpc: rpc has a login in it, which would be seen in the log: "
                "give it as user and password"
            ),
        ),
        (
            '[switches.opensips.edge]\nrpc = "192.0.2.2:8888"\n',
            (
                "2: switches.opensips.edge.rpc: rpc is '192.0.2.2:8888', which is no HTTP address: "
                "write it like http://192.0.2.7:8888/mi"
            ),
        ),
        (
            '[switches.opensips.one]\n[switches.opensips.two]\nrpc = "http://192.0.2.2:8888/mi"\n',
            (
                "2: switches.opensips.two.listen: another switch's events come to this address: "
                "switches.opensips.one.listen; give one of them another port"
            ),
        ),
        (
            "[table]\ntombstone = 15\n[switches.asterisk.a]\nlist_timeout = 15\n[switches.asterisk.b]\n",
            (
                "5: switches.asterisk.b.list_timeout: a list may take longer than calls that ended are remembered, "
                "and would bring them back: table.tombstone (PATH:2); make this shorter, or the other longer"
            ),
        ),
        (
            '[switches.asteriks.pbx1]\nhost = "a"\n',
            " switches.asteriks: there is no such setting; did you mean `asterisk`?",
        ),
    ],
)
def test_mistakes_say_where_they_are_and_what_helps(tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path, text)
    [mistake] = mistakes(path)
    assert mistake.startswith(told.replace("PATH", str(path)))


def test_the_embedded_switch_s_name_is_free_where_it_does_not_run(tmp_path: Path) -> None:
    path = write(tmp_path, "[switches.b2bua]\nenabled = false\n[switches.opensips.b2bua]\n")
    assert list(load(path, {}, {}).switches.opensips) == ["b2bua"]


def test_what_is_in_force_is_toml_with_secrets_hidden(file: Path, tmp_path: Path) -> None:
    loaded = gather(file, {}, {})
    text = in_force_text(loaded)
    assert "opensesame" not in text
    assert '[switches.asterisk."pbx.example.org"]\n' in text
    again = write(tmp_path, text.replace("(hidden)", "opensesame"))
    assert load(again, {}, {}) == loaded.config
    assert {one.key for one in in_force(loaded)} > {'switches.asterisk."pbx.example.org".host'}


NAMED = [setting for path, setting in settings(Config).items() if with_name(path, "") != path]


@given(st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True), st.sampled_from(NAMED))
def test_every_name_can_be_given_by_option_and_survives(name: str, setting: object) -> None:
    path = ("switches", "asterisk", name, "host")
    by_option = load(None, {}, {".".join(path): "a"}).switches.asterisk
    assert [(key, each.name, each.host) for key, each in by_option.items()] == [(name, name, "a")]
    by_variable = load(None, {variable(path): "a"}, {}).switches.asterisk
    assert [each.host for each in by_variable.values()] == ["a"]
    assert dotted(path).startswith("switches.asterisk.")
