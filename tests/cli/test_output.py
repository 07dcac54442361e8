"""Tables, CSV and JSON."""

import csv
import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.cli.output import as_csv, as_json, as_table, cut, write


def test_a_table_is_aligned_numbers_to_the_right() -> None:
    assert as_table(["ID", "NAME", "N"], [[7, "Zoë Müller", 1], [960, None, 2]]) == (
        " ID  NAME        N\n  7  Zoë Müller  1\n960              2\n"
    )


def test_an_empty_table_has_its_heading() -> None:
    assert as_table(["ID", "NAME"], []) == "ID  NAME\n"


def test_wide_and_combining_characters_keep_the_columns() -> None:
    table = as_table(["A", "B"], [["日本", 1], ["e\u0301", 2]])
    assert table == "A     B\n日本  1\ne\u0301     2\n"


def test_a_callers_name_cannot_act_on_the_terminal() -> None:
    table = as_table(["NAME"], [["\x1b[2Jmine\x07\r\n\u202e"]])
    assert table == "NAME\n\\x1b[2Jmine\\x07\\r\\n\\u202e\n"


def test_lines_are_cut_to_the_terminal() -> None:
    assert cut("abcdef\nabc\n", 4) == "abc…\nabc\n"
    assert cut("日本語\n", 4) == "日…\n"


cells = st.one_of(st.none(), st.integers(), st.text(st.characters(codec="utf-8", exclude_characters="\r\x00")))


@given(st.lists(st.lists(cells, min_size=2, max_size=2)))
def test_csv_reads_back(rows: list[list[object]]) -> None:
    read = list(csv.reader(io.StringIO(as_csv(["a", "b"], rows), newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        ["a", "b"],
        *([("" if cell is None else str(cell).removeprefix("'")) for cell in row] for row in rows),
    ]


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), ("@sum", "'@sum"), ("-x", "'-x"), ("+4930", "+4930"), ("-1.5", "-1.5"), (True, "true")],
)
def test_no_cell_is_a_formula_to_a_spreadsheet(cell: object, written: str) -> None:
    assert as_csv(["a"], [[cell]]) == f"a\n{written}\n"


def test_json_is_indented() -> None:
    assert as_json({"a": ["Zoë"]}) == '{\n  "a": [\n    "Zoë"\n  ]\n}\n'


def test_what_the_terminal_cannot_show_does_not_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    write("Zoë\n")
    sys.stdout.flush()
    assert raw.getvalue() == b"Zo?\n"
