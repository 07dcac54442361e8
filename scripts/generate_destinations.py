"""Make the table of destinations that comes with Callboard from the metadata of `phonenumbers`.

It needs the full package, which must not be in the project's own environment (it clashes with `phonenumberslite`, and
its geocoder is far too heavy for the server), so put it beside:

    python3 -m pip install --target /tmp/destinations phonenumbers regex
    PYTHONPATH=/tmp/destinations .venv/bin/python scripts/generate_destinations.py

It writes `src/callboard/directory/destinations.tsv`: a line for each destination with its name, the country's
three-letter code, the group and all its prefixes. What the metadata says is taken as it is:

- The numbers of a calling code are told apart by the patterns of its regions and kinds of number, digit by digit, until
  only one destination is possible or `DEPTH` digits after the calling code were looked at. What is still open then
  counts as the calling code's first country, and as a plain number rather than a mobile one.
- Area codes of the North American plan carry the state or province.
"""

import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import phonenumbers
import regex
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.geodata.locale import LOCALE_DATA

from callboard.directory.countries import ALPHA_3

TARGET = Path(__file__).parent.parent / "src/callboard/directory/destinations.tsv"

DEPTH = 4
"""Digits looked at after the calling code."""

SHARED_DEPTH = 6
"""The same where several countries share a calling code."""

KINDS = {
    "": ("fixed_line", "voip", "uan", "shared_cost", "personal_number", "pager"),
    "Mobile": ("mobile",),
    "Freephone": ("toll_free",),
    "Premium Rate": ("premium_rate",),
}
"""What is added to the country's name -> the kinds of number in the metadata. "" is also what is unsure."""

WORLD = {
    800: "International Freephone",
    808: "International Shared Cost",
    870: "Inmarsat",
    878: "Universal Personal Telecommunications",
    881: "Global Mobile Satellite",
    882: "International Networks",
    883: "International Networks",
    888: "International Disaster Relief",
    979: "International Premium Rate",
}
"""Calling codes of no country (ITU-T E.164, list of assigned country codes)."""

PART_OF = {"AC": "SH", "TA": "SH"}
"""Regions of the metadata without a code in ISO 3166-1 -> the country they are part of."""

NAMES = {
    "AC": "Ascension Island",
    "CD": "Congo, Democratic Republic",
    "CG": "Congo",
    "MK": "North Macedonia",
    "RE": "Réunion",
    "SZ": "Eswatini",
    "TA": "Tristan da Cunha",
    "TR": "Türkiye",
    "XK": "Kosovo",
}
"""Regions whose name the metadata lacks, or has in a form that is out of use."""

NORTH_AMERICA = 1

# fmt: off
STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho",
    "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi",
    "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio",
    "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
    "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming", "AB": "Alberta",
    "BC": "British Columbia", "MB": "Manitoba", "NB": "New Brunswick", "NL": "Newfoundland and Labrador",
    "NS": "Nova Scotia", "ON": "Ontario", "PE": "Prince Edward Island", "QC": "Quebec", "SK": "Saskatchewan",
}
# fmt: on


class Destination(NamedTuple):
    """What a prefix leads to."""

    name: str
    country: str
    group: str


def main() -> None:
    """Write the table."""
    rows: dict[Destination, list[str]] = defaultdict(list)
    for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE):
        for prefix, destination in rows_of(code):
            rows[destination].append(prefix)
    lines = [f"{d.name}\t{d.country}\t{d.group}\t{' '.join(sorted(found))}\n" for d, found in sorted(rows.items())]
    heading = f"# name, country, group, prefixes: generated from phonenumbers {phonenumbers.__version__}\n"
    TARGET.write_text(heading + "".join(lines), encoding="utf-8")
    sys.stdout.write(f"{len(lines)} destinations, {sum(map(len, rows.values()))} prefixes: {TARGET}\n")


def rows_of(code: int) -> list[tuple[str, Destination]]:
    """The prefixes of one calling code, longer ones only where they lead elsewhere than the shorter."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    if regions == ("001",):
        return [(str(code), Destination(WORLD[code], "", WORLD[code]))]
    home = described(regions[0], "")
    patterns = patterns_of(regions)
    if code == NORTH_AMERICA:
        return [("1", home), *(row for digits in range(200, 1000) for row in area_rows(str(digits), patterns, home))]
    branches = grown(code, patterns, "", DEPTH if len(regions) == 1 else SHARED_DEPTH)
    return [(str(code), home), *(row for branch in branches for row in written(branch, home))]


class Branch(NamedTuple):
    """A prefix, where numbers below it can lead for the fewest rows to be written, and the branches below."""

    prefix: str
    leads: frozenset[Destination]
    below: tuple["Branch", ...]


def grown(code: int, patterns: "Patterns", digits: str, depth: int) -> tuple[Branch, ...]:
    """The branches one digit below `digits` that numbers can begin with."""
    branches = []
    for longer in (digits + digit for digit in "0123456789"):
        possible = {found: rules for found, rules in patterns.items() if any(begins(rule, longer) for rule in rules)}
        settled = settle(longer, possible, depth) if possible else None
        if settled:
            branches.append(Branch(f"{code}{longer}", frozenset({settled}), ()))
        elif possible:
            below = grown(code, possible, longer, depth)
            leads = commonest(below) if below else frozenset({plainest(possible)})
            branches.append(Branch(f"{code}{longer}", leads, below))
    return tuple(branches)


def commonest(branches: tuple[Branch, ...]) -> frozenset[Destination]:
    """The destinations that most of the branches can lead to: one of them for the shorter prefix saves most rows.

    This is how routers make routing tables small (Draves and others, "Constructing Optimal IP Routing Tables", 1999).
    """
    votes = Counter(destination for branch in branches for destination in branch.leads)
    most = max(votes.values())
    return frozenset(destination for destination, count in votes.items() if count == most)


def written(branch: Branch, above: Destination) -> list[tuple[str, Destination]]:
    """The rows for a branch, given that the nearest shorter prefix leads to `above`."""
    here = above if above in branch.leads else min(branch.leads)
    rows = [] if here == above else [(branch.prefix, here)]
    return [*rows, *(row for below in branch.below for row in written(below, here))]


def settle(digits: str, patterns: "Patterns", depth: int) -> Destination | None:
    """Where numbers beginning with these digits lead; None if longer prefixes are to be looked at.

    Of what is still possible at full depth the first country's plain kind is taken.
    """
    names = {described(*found) for found in patterns}
    if len(names) == 1:
        return names.pop()
    return plainest(patterns) if len(digits) == depth else None


def plainest(patterns: "Patterns") -> Destination:
    """Of several possible destinations the first country's, and of its kinds the plain one."""
    return described(*next(iter(patterns)))


def area_rows(area: str, patterns: "Patterns", home: Destination) -> list[tuple[str, Destination]]:
    """The row of an area code of the North American plan, if it is in use and leads elsewhere than `home`."""
    possible = [found for found, rules in patterns.items() if any(begins(rule, area) for rule in rules)]
    if not possible:
        return []
    country, state = described(*possible[0]), state_of(area)
    destination = country._replace(name=f"{country.name} ({state})") if state else country
    return [(f"1{area}", destination)] if destination != home else []


def state_of(area: str) -> str:
    """The state or province of an area code of the North American plan; "" if the metadata has none."""
    place: str = GEOCODE_DATA.get(f"1{area}", {}).get("en", "")
    state = place.rpartition(", ")[2]
    return STATES.get(state, state).removesuffix(" State").replace("Colombia", "Columbia")


Patterns = dict[tuple[str, str], list[str]]
"""Region and kind -> the patterns of their national numbers."""


def patterns_of(regions: tuple[str, ...]) -> Patterns:
    """The patterns of all regions that share a calling code, the main region and the plain kind first.

    Where fixed and mobile numbers look alike, as in North America, mobile is not told apart.
    """
    patterns: Patterns = {}
    for region in regions:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        for kind, fields in KINDS.items():
            found = [getattr(metadata, field) for field in fields]
            rules = [rule.national_number_pattern for rule in found if rule and rule.national_number_pattern]
            if kind == "Mobile" and set(rules) <= set(patterns.get((region, ""), [])):
                continue
            if rules:
                patterns[region, kind] = rules
    return patterns


def described(region: str, kind: str) -> Destination:
    """The destination of a region's numbers of a kind."""
    country = NAMES.get(region) or english(region)
    return Destination(f"{country} {kind}".strip(), ALPHA_3[PART_OF.get(region, region)], country)


def english(region: str) -> str:
    """A region's English name; where it is the same in another language, the metadata only points there (`*fr`)."""
    names = LOCALE_DATA[region]
    name = names["en"]
    words = (names[name[1:]] if name.startswith("*") else name).replace("’", "'").split(" ")
    return " ".join(
        word.lower() if place and word in ("And", "Of", "The") else word for place, word in enumerate(words)
    )


@cache
def begins(pattern: str, digits: str) -> bool:
    """Whether a number that matches the pattern can begin with these digits."""
    return regex.fullmatch(pattern, digits, partial=True) is not None


if __name__ == "__main__":
    main()
