"""XML from any text, read back by two parsers."""

import xml.etree.ElementTree as ET

from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from callboard.dialects.xml import element

ANY_TEXT = st.text(st.characters(categories=None), max_size=40)


def holdable(character: str) -> bool:
    """Whether an XML 1.0 document can hold the character (section 2.2)."""
    code = ord(character)
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


@given(ANY_TEXT)
@example("<a>&amp;]]>")
@example("a\r\nb\rc")
@example("\x00\ud800\ufffe")
def test_an_element_reads_back_as_the_text_that_xml_can_hold(text: str) -> None:
    expected = "".join(filter(holdable, text))
    written = element("name")(text).encode()
    for found in (ET.fromstring(written), etree.fromstring(written)):
        assert (found.tag, found.text or "", len(found)) == ("name", expected, 0)


def test_an_element_without_text_closes_itself() -> None:
    assert element("answer_time")("") == element("answer_time")("\x00") == "<answer_time/>"
    assert element("CallerId", close=" />")("") == "<CallerId />"
    assert element("id")("3") == "<id>3</id>"
