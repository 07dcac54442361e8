from hypothesis import given
from hypothesis import strategies as st

from callboard.directory.prefixes import PrefixTable

digits = st.text("0123", max_size=6)


@given(st.dictionaries(digits, st.integers()), digits)
def test_the_longest_prefix_is_found_as_by_trying_all(entries: dict[str, int], number: str) -> None:
    matches = [prefix for prefix in entries if number.startswith(prefix)]
    best = max(matches, key=len, default=None)
    assert PrefixTable(entries).longest(number) == (None if best is None else (best, entries[best]))
