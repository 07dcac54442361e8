import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from callboard.directory.countries import ALPHA_3
from callboard.directory.destinations import built_in, destination_faults, read_csv
from callboard.directory.mistakes import DirectoryError
from callboard.directory.records import Destination


def _mistakes(text: str) -> list[str]:
    with pytest.raises(DirectoryError) as caught:
        read_csv(text)
    return caught.value.mistakes


@pytest.mark.parametrize(
    ("number", "name", "country"),
    [
        ("442071234567", "United Kingdom", "GBR"),
        ("447400123456", "United Kingdom Mobile", "GBR"),
        ("447781123456", "Guernsey Mobile", "GGY"),
        ("448001111111", "United Kingdom Freephone", "GBR"),
        ("441481123456", "Guernsey", "GGY"),
        ("639171234567", "Philippines Mobile", "PHL"),
        ("63281234567", "Philippines", "PHL"),
        ("12125551234", "United States (New York)", "USA"),
        ("14165551234", "Canada (Ontario)", "CAN"),
        ("18765551234", "Jamaica", "JAM"),
        ("17875551234", "Puerto Rico", "PRI"),
        ("493012345678", "Germany", "DEU"),
        ("4915112345678", "Germany Mobile", "DEU"),
        ("74951234567", "Russia", "RUS"),
        ("77011234567", "Kazakhstan Mobile", "KAZ"),
        ("390612345678", "Italy", "ITA"),
        ("38344123456", "Kosovo Mobile", "XKX"),
        ("870776123456", "Inmarsat", ""),
        ("35818123456", "Åland Islands", "ALA"),
    ],
)
def test_well_known_numbers_lead_where_everybody_knows(number: str, name: str, country: str) -> None:
    found = built_in().longest(number)
    assert found is not None
    assert (found[1].name, found[1].country) == (name, country)


_KINDS = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_examples_of_every_country_lead_where_the_library_says(region: str) -> None:
    for example in filter(None, (phonenumbers.example_number_for_type(region, kind) for kind in _KINDS)):
        number = f"{example.country_code}{phonenumbers.national_significant_number(example)}"
        home = phonenumbers.region_code_for_number(example) or ""
        found = built_in().longest(number)
        assert found is not None
        # Ascension and Tristan da Cunha are parts of Saint Helena to ISO 3166.
        assert found[1].country == ALPHA_3["SH" if home in ("AC", "TA") else home]
        # In North America mobile numbers look like any other.
        if example.country_code != 1 and (kind := phonenumbers.number_type(example)) in _KINDS:
            assert found[1].name.endswith(" Mobile") == (kind == PhoneNumberType.MOBILE)


@given(st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True))
def test_what_the_built_in_table_gives_is_a_sound_destination(number: str) -> None:
    found = built_in().longest(number)
    if found:
        prefix, destination = found
        assert destination.prefix == prefix
        assert number.startswith(prefix)
        assert destination.name.startswith(destination.group)
        assert destination.country in {*ALPHA_3.values(), ""}
        assert destination_faults([destination]) == []


def test_a_table_with_a_heading_in_any_order() -> None:
    text = "\ufeffCountry;Name;Prefix;Group\r\nph;Philippines Proper;+63;Asia\r\n\r\n;Satellite;00870;\r\n"
    assert read_csv(text) == (
        Destination(prefix="63", name="Philippines Proper", country="PHL", group="Asia"),
        Destination(prefix="870", name="Satellite", country=""),
    )


def test_a_table_without_a_heading() -> None:
    assert read_csv('63,"Philippines, Proper",PHL\n') == (
        Destination(prefix="63", name="Philippines, Proper", country="PHL"),
    )
    assert read_csv("63\tProper\tPHL\tAsia\n")[0].group == "Asia"


def test_all_mistakes_come_at_once_with_their_lines() -> None:
    text = "prefix,name,country\n63,A,PHX\n,B,PHL\n64 x,C,NZL\n65,,SGP\n66,D,THA,more\n67,E,FJI\n67,F,FJI\n"
    assert _mistakes(text) == [
        "line 6: has 4 columns, not 3: quote texts that have commas",
        "line 2, country: 'PHX' is no country: give the ISO 3166 code of three letters, such as PHL, or nothing",
        "line 3, prefix: is empty: give at least the country's calling code",
        "line 4, prefix: '64x' is not made of digits: write the international number without + and separators",
        "line 5, name: is empty: give a name",
        "line 8, prefix: is given twice: keep one of them",
    ]


def test_a_bad_heading_is_told_with_what_was_meant() -> None:
    assert _mistakes("prefx,name,name\n") == [
        "line 1: there is no column 'prefx': did you mean 'prefix'?",
        "line 1: the column 'prefix' is missing: add it",
        "line 1: the column 'country' is missing: add it",
        "line 1: the column 'name' is there twice: remove one",
    ]


def test_an_open_quote_and_an_empty_table_are_told() -> None:
    assert _mistakes('63,"A,PHL\n')[0].startswith("line 1: cannot be read as CSV")
    assert _mistakes("\n \n") == ["the table is empty: give rows of prefix,name,country,group"]


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    mistakes: list[str] = []
    found: tuple[Destination, ...] = ()
    try:
        found = read_csv(text)
    except DirectoryError as error:
        mistakes = error.mistakes
    assert bool(found) != bool(mistakes)


_rows = st.lists(
    st.builds(
        Destination,
        prefix=st.text("0123456789", min_size=1, max_size=9).filter(lambda prefix: not prefix.startswith("00")),
        name=st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=20)
        .map(str.strip)
        .filter(bool),
        country=st.sampled_from(["", "PHL", "GBR"]),
        group=st.sampled_from(["", "Asia"]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row.prefix,
)


@given(_rows)
def test_a_table_as_spreadsheets_write_it_is_read_back(rows: list[Destination]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    lines = [",".join(map(quoted, (row.prefix, row.name, row.country, row.group))) for row in rows]
    assert read_csv("prefix,name,country,group\n" + "\n".join(lines)) == tuple(rows)
