"""Records and logins in JSON: their fields under their own names, without the secrets; plain passwords on the way in.

The types are made from those of the directory, so that a field that is added there is here too.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from callboard.access.entries import entry_of, login_of
from callboard.access.logins import Login
from callboard.directory.document import PLAIN, SECRETS, LoginEntry, Sealing, read_one
from callboard.operations.registers import REGISTERS, Key, Noun, Register

__all__ = ["PAGES", "VIEWS", "WANTED", "etag", "kept_secrets", "key_of", "read_record", "view"]

View = dict[str, Any]

_HAS = {"password_hash": "has_password", "ha1_md5": "has_password", "shared_key": "has_shared_key"}
"""Secret -> what is told of it: whether there is one."""


def _written(register: Register) -> type[msgspec.Struct]:
    """The struct whose fields are those of the JSON."""
    kind: type[msgspec.Struct] = LoginEntry if register.kind is Login else register.kind
    return kind


def _fields(register: Register) -> list[tuple[str, Any, Any]]:
    return [
        (field.name, field.type, field.default)
        for field in msgspec.structs.fields(_written(register))
        if field.name not in SECRETS
    ]


def _name(register: Register) -> str:
    return "DID" if register.section == "dids" else register.noun.capitalize()


def _has(register: Register) -> list[str]:
    names = _written(register).__struct_fields__
    return sorted({word for secret, word in _HAS.items() if secret in names})


def _view_type(register: Register) -> type[msgspec.Struct]:
    fields = [(name, kind) for name, kind, _ in _fields(register)]
    return msgspec.defstruct(_name(register), [*fields, *((word, bool) for word in _has(register))], kw_only=True)


def _wanted_type(register: Register) -> type[msgspec.Struct]:
    """What is sent: all may be left out, for what a new record needs is told when it lacks it."""
    fields = [
        (name, kind, None if default is msgspec.NODEFAULT else default) for name, kind, default in _fields(register)
    ]
    plain = [(name, str, "") for name in (*PLAIN.get(_written(register), ()), *_given_secrets(register))]
    return msgspec.defstruct(f"{_name(register)}Wanted", [*fields, *plain], kw_only=True, forbid_unknown_fields=True)


def _given_secrets(register: Register) -> list[str]:
    return [name for name in _written(register).__struct_fields__ if name in SECRETS]


def _page_type(register: Register) -> type[msgspec.Struct]:
    view_type = VIEWS[register.section]
    following = int if register.key == "id" else str
    return msgspec.defstruct(
        f"{_name(register)}Page",
        [(register.section, tuple[view_type, ...]), ("next", following | None)],  # type: ignore[valid-type]
        kw_only=True,
    )


VIEWS: dict[str, type[msgspec.Struct]] = {section: _view_type(register) for section, register in REGISTERS.items()}
"""Section -> what is answered of one record."""
WANTED: dict[str, type[msgspec.Struct]] = {section: _wanted_type(register) for section, register in REGISTERS.items()}
"""Section -> what is sent to make or change one."""
PAGES: dict[str, type[msgspec.Struct]] = {section: _page_type(register) for section, register in REGISTERS.items()}
"""Section -> a page of them."""


def view(register: Register, noun: Noun) -> View:
    """One record as it stands in JSON."""
    written = _as_written(noun)
    shown: View = {name: getattr(written, name) for name, _, _ in _fields(register)}
    for secret, word in _HAS.items():
        if hasattr(written, secret):
            shown[word] = shown.get(word, False) or bool(getattr(written, secret))
    return shown


def _as_written(noun: Noun) -> msgspec.Struct:
    return entry_of(noun) if isinstance(noun, Login) else noun


def etag(register: Register, noun: Noun) -> str:
    """An entity tag (RFC 9110 section 8.8.3) of what is shown: it must be no hash of a secret."""
    content = msgspec.json.encode(view(register, noun))
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'


def kept_secrets(noun: Noun, given: Mapping[str, object]) -> View:
    """The secrets that stay as they are, since nobody can send back what is never shown: those that are not given."""
    written = _as_written(noun)
    plain = any(name in given for name in PLAIN.get(type(written), ()))
    return {
        name: getattr(written, name)
        for name in written.__struct_fields__
        if name in SECRETS and name not in given and not (plain and name != "shared_key")
    }


def read_record(register: Register, data: Mapping[str, object], sealing: Sealing) -> Noun:
    """The record. Raises `DirectoryError` with all mistakes. A plain password takes about 0.1 s."""
    read = read_one(_written(register), register.noun, data, sealing)
    return login_of(read) if isinstance(read, LoginEntry) else read  # type: ignore[return-value]


def key_of(register: Register, text: str) -> Key | None:
    """The key that a path names; None for what no record has."""
    if register.key != "id":
        return text
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
