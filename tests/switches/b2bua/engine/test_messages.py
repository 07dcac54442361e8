"""What a stranger's text can do to a header that it is written into: nothing."""

import pytest

from callboard.switches.b2bua.engine.messages import quoted_name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", ""),
        ("\r\n", ""),
        ("Ann", '"Ann" '),
        ('Ann" <sip:900@h>;x="', '"Ann\\" <sip:900@h>;x=\\"" '),
        ("back\\", '"back\\\\" '),
        ("Ann\r\nRoute: <sip:victim@h>", '"Ann Route: <sip:victim@h>" '),
        ("a\x00\x7fb", '"a b" '),
        ("x" * 500, f'"{"x" * 128}" '),
    ],
)
def test_a_name_stays_within_its_quotes_and_its_line(name: str, written: str) -> None:
    assert quoted_name(name) == written
