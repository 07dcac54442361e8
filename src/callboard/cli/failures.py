"""How a command fails: the cause, what to do about it, and an exit code that scripts can rely on."""

from enum import IntEnum

__all__ = ["EXIT_CODES", "ExitCode", "Failure"]


class ExitCode(IntEnum):
    """The exit codes. They are part of the interface: a number never changes its meaning."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    SIGN_IN = 4
    NOT_FOUND = 5
    SETTINGS = 6
    INTERRUPTED = 130


EXIT_CODES = {
    ExitCode.DONE: "It is done. For `calls hangup`: every call is over. For `calls watch`, `demo` and `serve`: "
    "stopped as asked.",
    ExitCode.REFUSED: "The server, the switch or the system refused. For `calls hangup`: no proof that the call ended. "
    "For `doctor`: something fails.",
    ExitCode.USAGE: "The command line is not understood, or a file that it names cannot be read or written.",
    ExitCode.UNREACHABLE: "No Callboard answers at the given address.",
    ExitCode.SIGN_IN: "The token, or the user and password, are missing or not accepted.",
    ExitCode.NOT_FOUND: "There is no such thing, or this login may not see it.",
    ExitCode.SETTINGS: "The settings have mistakes; all of them are listed.",
    ExitCode.INTERRUPTED: "Interrupted by Ctrl-C before it was done, or the question before it was answered with no.",
}
"""What each code means, for the reference page."""


class Failure(Exception):  # noqa: N818  it ends a command with words for people, it is no fault of the program
    """Ends the command: `cause` and `fix` are one line each."""

    def __init__(self, cause: str, fix: str, code: ExitCode) -> None:
        super().__init__(cause)
        self.cause = cause
        self.fix = fix
        self.code = code

    def __str__(self) -> str:
        return f"Error: {self.cause}\n{self.fix[:1].upper()}{self.fix[1:]}" if self.fix else f"Error: {self.cause}"
