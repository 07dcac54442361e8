"""What is shipped for Grafana and Prometheus speaks of figures that exist, and Prometheus understands it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from callboard.metrics.families import GROUPS, Family, Kind
from callboard.metrics.shelf import shipped

PROMTOOL = shutil.which("promtool")
INSTALL = "promtool is not installed: 'apt-get install prometheus' on Debian"
SCENES = Path(__file__).parent / "alerts.test.yaml"

FAMILIES = {family.name: family for group in GROUPS.values() for family in group}
PROCESS = {
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
}

_NAME = re.compile(r"\b(?:callboard|process)_\w+")
_SELECTED = re.compile(r"\b(callboard_\w+)\{([^}]*)\}")


@pytest.fixture
def promtool() -> str:
    """Prometheus's own judge. Skip where it is not installed."""
    if PROMTOOL is None:
        pytest.skip(INSTALL)
    return PROMTOOL


def boards() -> dict[str, Any]:
    return {name: json.loads(content) for name, content in shipped().items() if name.startswith("grafana/")}


def panels() -> list[tuple[str, dict[str, Any]]]:
    return [(name, panel) for name, board in boards().items() for panel in board["panels"]]


def rules() -> str:
    return shipped()["prometheus/callboard.rules.yaml"].decode()


def family_of(name: str) -> Family | None:
    """The family that a sample of this name belongs to."""
    if name in FAMILIES:
        return FAMILIES[name]
    family = FAMILIES.get(re.sub(r"_(bucket|count|sum)$", "", name))
    return family if family is not None and family.kind is Kind.HISTOGRAM else None


def queries() -> list[str]:
    """Every PromQL of the dashboards, and the text of the rules without what is for people."""
    found = [target["expr"] for _, panel in panels() for target in panel.get("targets", ())]
    found += [each["definition"] for board in boards().values() for each in board["templating"]["list"][1:]]
    return [*found, *re.findall(r"expr: (?:>-\n)?(.*?)\n +(?:for|labels):", rules(), re.DOTALL)]


def test_every_figure_that_is_asked_for_exists() -> None:
    asked = {name for query in queries() for name in _NAME.findall(query)}
    assert {name for name in asked if family_of(name) is None} <= PROCESS
    assert len(asked) > 40


def test_every_label_that_is_asked_for_exists() -> None:
    selected = [match for query in queries() for match in _SELECTED.findall(query)]
    assert selected
    for name, inside in selected:
        family = family_of(name)
        assert family is not None
        for label in re.findall(r"(\w+) ?(?:=~|!~|!=|=)", inside):
            assert label in (*family.labels, "instance"), f"{name} has no label {label}"


def test_every_figure_is_on_a_dashboard() -> None:
    asked = {name for query in queries() for name in _NAME.findall(query)}
    shown = {family.name for name in asked if (family := family_of(name)) is not None}
    assert shown == FAMILIES.keys()


def test_the_panels_have_numbers_places_and_titles_of_their_own() -> None:
    for name, board in boards().items():
        assert board["uid"] == Path(name).stem
        found = board["panels"]
        assert len({panel["id"] for panel in found}) == len(found)
        assert len({panel["title"] for panel in found}) == len(found)
        taken = [
            (x, y)
            for panel in found
            for place in (panel["gridPos"],)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        assert len(set(taken)) == len(taken), "no panel lies on another"
        assert max(x for x, _ in taken) < 24


def test_prometheus_takes_the_rules(promtool: str, tmp_path: Path) -> None:
    file = tmp_path / "callboard.rules.yaml"
    file.write_text(rules(), encoding="utf-8")
    ran = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "SUCCESS" in ran.stdout


def test_every_alert_fires_when_it_should_and_only_then(promtool: str) -> None:
    fired = set(re.findall(r'alertname="(\w+)"', SCENES.read_text(encoding="utf-8")))
    assert fired == set(re.findall(r"alert: (\w+)", rules())), "each has a scene in which it fires"
    ran = subprocess.run([promtool, "test", "rules", SCENES], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_prometheus_understands_every_query(promtool: str, tmp_path: Path) -> None:
    """As the expressions of rules, with Grafana's variables filled in."""
    lines = ["groups:", "  - name: all", "    rules:"]
    expressions = [target["expr"] for _, panel in panels() for target in panel.get("targets", ())]
    for number, expression in enumerate(expressions):
        plain = re.sub(r"\$(instance|switch)", ".*", expression).replace("$__rate_interval", "1m")
        lines += [f"      - record: panel:{number}", f"        expr: {json.dumps(plain)}"]
    file = tmp_path / "panels.yaml"
    file.write_text("\n".join(lines), encoding="utf-8")
    ran = subprocess.run([promtool, "check", "rules", file], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
