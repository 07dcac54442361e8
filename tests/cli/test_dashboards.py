"""`callboard dashboards export` writes what is shipped, and overwrites nothing that somebody made their own."""

from pathlib import Path

from callboard.metrics.shelf import shipped
from tests.cli.conftest import Run


def test_what_is_shipped_is_written(run: Run, tmp_path: Path) -> None:
    ran = run("dashboards", "export", str(tmp_path / "new" / "watch"))
    assert ran.code == 0
    written = {
        str(path.relative_to(tmp_path / "new" / "watch")): path.read_bytes()
        for path in (tmp_path / "new").rglob("*")
        if path.is_file()
    }
    assert written == dict(shipped())
    assert {"grafana/callboard-calls.json", "prometheus/callboard.rules.yaml"} <= written.keys()
    assert all(str(name) in ran.out for name in written)
    assert run("dashboards", "export", str(tmp_path / "new" / "watch")).code == 0, (
        "what is the same may be written again"
    )


def test_what_was_changed_is_kept(run: Run, tmp_path: Path) -> None:
    run("dashboards", "export", str(tmp_path))
    mine = tmp_path / "prometheus" / "callboard.rules.yaml"
    mine.write_text("groups: []\n", encoding="utf-8")
    ran = run("dashboards", "export", str(tmp_path))
    assert ran.code == 2
    assert "callboard.rules.yaml would be overwritten" in ran.err
    assert "--force" in ran.err
    assert mine.read_text(encoding="utf-8") == "groups: []\n"
    assert run("dashboards", "export", str(tmp_path), "--force").code == 0
    assert mine.read_bytes() == shipped()["prometheus/callboard.rules.yaml"]


def test_a_place_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = run("dashboards", "export", str(tmp_path / "file"))
    assert ran.code == 2
    assert "cannot write" in ran.err
