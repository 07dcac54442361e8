"""The drawn automaton is the automaton."""

from pathlib import Path

from scripts.draw_states import page


def test_the_page_is_what_the_tables_say() -> None:
    drawn = Path("docs/explanation/states.md").read_text(encoding="utf-8")
    assert drawn == page(), "run: python scripts/draw_states.py > docs/explanation/states.md"
