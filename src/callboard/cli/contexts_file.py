"""The servers that a person works with, in a file of their own that nobody else can read."""

import os
from pathlib import Path

import msgspec

from callboard.cli.failures import ExitCode, Failure

__all__ = ["Context", "Contexts", "load", "save", "where"]


class Context(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A server, and how to sign in there; what is empty is asked for."""

    server: str
    token: str = ""
    user: str = ""
    password: str = ""
    ca_file: str = ""
    """Who vouches for its certificate; empty: those whom the system trusts."""

    def __repr__(self) -> str:
        """Without what is secret."""
        return f"Context(server={self.server!r}, user={self.user!r})"


class Contexts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them, and which is used where none is named."""

    current: str = ""
    contexts: dict[str, Context] = {}


def where() -> Path:
    """The file (XDG Base Directory specification)."""
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(folder) if folder.startswith("/") else Path.home() / ".config") / "callboard" / "contexts.json"


def load() -> Contexts:
    """What is in the file; nothing if there is none. Raises `Failure`."""
    file = where()
    try:
        return msgspec.json.decode(file.read_bytes(), type=Contexts)
    except FileNotFoundError:
        return Contexts()
    except OSError as error:
        raise Failure(f"cannot read {file}: {error.strerror}", "check its permissions", ExitCode.USAGE) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        fix = "mend it, or remove it and add your servers again"
        raise Failure(f"{file} cannot be understood: {error}", fix, ExitCode.USAGE) from None


def save(contexts: Contexts) -> None:
    """Put it into the file, which is whole at any time and only its owner's to read. Raises `Failure`."""
    file = where()
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:  # noqa: PTH123
            out.write(msgspec.json.format(msgspec.json.encode(contexts), indent=2) + b"\n")
        beside.replace(file)
    except OSError as error:
        raise Failure(f"cannot write {file}: {error.strerror}", "check its permissions", ExitCode.USAGE) from None
