"""Records and logins in JSON: their fields under their own names, without the secrets; plain passwords on the way in.

The types are made from those of the directory, so that a field that is added there is here too.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from callboard.access.entries import entry_of, login_of
from callboard.access.logins import Login
from callboard.api.docstrings import class_words
from callboard.directory.document import PLAIN, SECRETS, LoginEntry, Sealing, read_one
from callboard.operations.registers import REGISTERS, Key, Noun, Register

__all__ = [
    "CHANGES",
    "PAGES",
    "VIEWS",
    "WANTED",
    "etag",
    "kept_secrets",
    "key_of",
    "read_record",
    "view",
    "without_flags",
]

View = dict[str, Any]

_HAS = {"password_hash": "has_password", "ha1_md5": "has_password", "shared_key": "has_shared_key"}
"""Secret -> what is told of it: whether there is one."""
_FLAG: Any = Annotated[
    bool | msgspec.UnsetType, msgspec.Meta(description="Passed over, so that what was shown can be sent back.")
]


def _written(register: Register) -> type[msgspec.Struct]:
    """The struct whose fields are those of the JSON."""
    kind: type[msgspec.Struct] = LoginEntry if register.kind is Login else register.kind
    return kind


def _shown(register: Register) -> list[msgspec.structs.FieldInfo]:
    """The fields without the secrets."""
    return [field for field in msgspec.structs.fields(_written(register)) if field.name not in SECRETS]


def _secrets(register: Register) -> list[str]:
    return [name for name in _written(register).__struct_fields__ if name in SECRETS]


def _has(register: Register) -> list[str]:
    return sorted({_HAS[secret] for secret in _secrets(register) if secret in _HAS})


def _name(register: Register) -> str:
    return "DID" if register.section == "dids" else register.noun.capitalize()


def _struct(
    name: str, words: str, fields: Sequence[tuple[str, Any] | tuple[str, Any, Any]], made_of: type = msgspec.Struct
) -> type[msgspec.Struct]:
    """What is said of its fields stands with the struct that it is `made_of`, and is read when a document is wanted."""
    namespace = {"__doc__": words, "made_of": made_of}
    return msgspec.defstruct(name, fields, namespace=namespace, kw_only=True, forbid_unknown_fields=True)


def _view_type(register: Register) -> type[msgspec.Struct]:
    fields = [(field.name, field.type) for field in _shown(register)]
    flags = [(word, bool) for word in _has(register)]
    words = f"{class_words(register.kind)} Its secrets are not shown."
    return _struct(_name(register), words, [*fields, *flags], register.kind)


def _sent_type(register: Register, whole: bool) -> type[msgspec.Struct]:
    """What is sent. Of a whole record only the key may be left out of what has no usual value; of a change, all."""
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field in _shown(register):
        if whole and field.required and field.name != register.key:
            fields.append((field.name, field.type))
        else:
            fields.append((field.name, field.type | msgspec.UnsetType, msgspec.UNSET))
    secrets = (*PLAIN.get(_written(register), ()), *_secrets(register))
    fields += [(name, str | msgspec.UnsetType, msgspec.UNSET) for name in secrets]
    fields += [(word, _FLAG, msgspec.UNSET) for word in _has(register)]
    words = "What a record is to be." if whole else "What is to change of a record; what is left out stays."
    return _struct(f"{_name(register)}{'Wanted' if whole else 'Change'}", words, fields, register.kind)


def _page_type(register: Register) -> type[msgspec.Struct]:
    view_type = VIEWS[register.section]
    following = int if register.key == "id" else str
    fields = [(register.section, tuple[view_type, ...]), ("next", following | None)]  # type: ignore[valid-type]
    words = f"Some {register.section}, in the order of their keys."
    return _struct(f"{_name(register)}Page", words, fields)


VIEWS: dict[str, type[msgspec.Struct]] = {section: _view_type(register) for section, register in REGISTERS.items()}
"""Section -> what is answered of one record."""
WANTED: dict[str, type[msgspec.Struct]] = {section: _sent_type(one, True) for section, one in REGISTERS.items()}
"""Section -> what is sent to make one, or to put another in its place."""
CHANGES: dict[str, type[msgspec.Struct]] = {section: _sent_type(one, False) for section, one in REGISTERS.items()}
"""Section -> what is sent to change one."""
PAGES: dict[str, type[msgspec.Struct]] = {section: _page_type(register) for section, register in REGISTERS.items()}
"""Section -> a page of them."""


def view(register: Register, noun: Noun) -> View:
    """One record as it stands in JSON."""
    written = _as_written(noun)
    shown: View = {field.name: getattr(written, field.name) for field in _shown(register)}
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


def without_flags(register: Register, given: Mapping[str, object]) -> View:
    """What is sent, without what is only shown, so that a client may send back what it got."""
    return {name: value for name, value in given.items() if name not in _has(register)}


def key_of(register: Register, text: str) -> Key | None:
    """The key that a path names; None for what no record has."""
    if register.key != "id":
        return text
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
