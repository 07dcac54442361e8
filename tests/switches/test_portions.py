"""A long list is read in pieces, and says in pieces what it says as a whole."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.switches import portions
from callboard.switches.portions import Work, at_once, by_portions, documents, each

_texts = st.text(alphabet='ab"\\{}[],: \u00e9', max_size=8)
_values = st.recursive(
    st.none() | st.integers(0, 9) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)
_entries = st.lists(st.dictionaries(_texts, _values, max_size=4), max_size=12)


@pytest.fixture
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "PIECE", 16)


@pytest.mark.usefixtures("_small_pieces")
@given(_entries, st.booleans(), st.sampled_from([0, 2]))
def test_the_pieces_have_all_entries_in_their_order(entries: list[object], named: bool, indent: int) -> None:
    text = msgspec.json.encode({"id": 1, "error": None, "rows": entries, "row_count": len(entries)})
    text = msgspec.json.format(text, indent=indent or -1)
    found = [msgspec.json.decode(piece) for piece in documents(text, "rows" if named else "id")]
    if named:
        assert [entry for piece in found for entry in piece["rows"]] == entries
    else:
        assert [piece["rows"] for piece in found] == [entries]
    assert found[-1]["row_count"] == len(entries)
    assert all(piece["id"] == 1 for piece in found)


@pytest.mark.usefixtures("_small_pieces")
def test_a_list_of_many_entries_is_cut_up() -> None:
    text = msgspec.json.encode({"rows": [{"uuid": str(number), "of": [{"a": 1}, {"b": 2}]} for number in range(50)]})
    assert len(list(documents(text, "rows"))) > 20


@pytest.mark.usefixtures("_small_pieces")
@pytest.mark.parametrize("end", [1, 10, 20, 150])
def test_what_is_cut_off_is_no_list(end: int) -> None:
    text = msgspec.json.encode({"rows": [{"uuid": str(number)} for number in range(20)]})
    with pytest.raises(msgspec.DecodeError):
        list(map(msgspec.json.decode, documents(text[:end], "rows")))


@pytest.mark.parametrize(
    "text", [b"", b"-ERR no reply\n", b"[" * 10_000, b'{"rows":' * 500, b'{"rows":[' + b"}, {" * 9]
)
def test_what_is_no_list_comes_as_it_is(text: bytes) -> None:
    assert b"".join(documents(text, "rows")) == text


async def test_others_have_their_turns_between_two_portions() -> None:
    done: list[int] = []

    def work() -> Work[str]:
        yield from each(range(3 * portions.PORTION), done.append)
        return "all"

    seen: list[int] = []

    async def look() -> None:
        while len(done) < 3 * portions.PORTION:
            seen.append(len(done))
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    assert await by_portions(work()) == "all"
    await looking
    assert len(seen) >= 3
    assert at_once(work()) == "all"
    assert done == 2 * [*range(3 * portions.PORTION)]
