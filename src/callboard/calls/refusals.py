"""Why a request is refused, in our own words. Each dialect has one table from these to its vendor's words.

    Refusal
    +-- Unauthenticated      nobody, or not who they say
    |   +-- WrongCredentials
    |   +-- Throttled        too many failures; comes with the seconds to wait
    |   +-- ForbiddenAddress this login may not come from there
    +-- Forbidden            known, but without the right
    +-- Malformed            the request cannot be read
    |   +-- UnknownMethod
    |   +-- MissingArgument
    |   +-- InvalidArgument
    |   +-- Mistaken         a document or record with mistakes, all of which are told
    +-- NotFound             no such thing, or not this principal's: the two look alike on purpose
    |   +-- CallNotFound
    |   +-- AccountNotFound
    |   +-- CustomerNotFound
    +-- Conflict             what is asked does not fit what there is by now
    |   +-- Outdated         it was changed since the client looked
    +-- Unavailable          a part that is needed is down

A refusal's message is one sentence for people that says what to do about it. It never holds a secret.
"""

from collections.abc import Collection

__all__ = [
    "AccountNotFound",
    "CallNotFound",
    "Conflict",
    "CustomerNotFound",
    "Forbidden",
    "ForbiddenAddress",
    "InvalidArgument",
    "Malformed",
    "MissingArgument",
    "Mistaken",
    "NotFound",
    "Outdated",
    "Refusal",
    "Throttled",
    "Unauthenticated",
    "Unavailable",
    "UnknownMethod",
    "WrongCredentials",
]


class Refusal(Exception):  # noqa: N818  a refusal is an answer, not a fault of ours
    """A request that is not carried out. Raise one of the leaves."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Unauthenticated(Refusal):
    """No credentials came, or none that this dialect reads."""


class WrongCredentials(Unauthenticated):
    """The credentials do not fit. The message never says which part is wrong."""


class Throttled(Unauthenticated):
    """Too many failures from there; `wait` is how many seconds are left."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class ForbiddenAddress(Unauthenticated):
    """The login exists but may not be used from this address."""


class Forbidden(Refusal):
    """The principal is known but lacks the right, which the message names."""


class Malformed(Refusal):
    """The request cannot be read."""


class UnknownMethod(Malformed):
    """The dialect has no such method or command."""


class MissingArgument(Malformed):
    """A required argument is absent; `argument` is its name in the dialect's spelling."""

    def __init__(self, message: str, argument: str) -> None:
        super().__init__(message)
        self.argument = argument


class InvalidArgument(Malformed):
    """An argument has a value that it cannot have; `argument` is its name in the dialect's spelling."""

    def __init__(self, message: str, argument: str) -> None:
        super().__init__(message)
        self.argument = argument


class Mistaken(Malformed):
    """What is to be kept has mistakes, and nothing of it was done; `mistakes` has each with its place and its fix."""

    def __init__(self, mistakes: Collection[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = tuple(mistakes)


class NotFound(Refusal):
    """No such thing, or it is not this principal's."""


class CallNotFound(NotFound):
    """No such call for this principal."""


class AccountNotFound(NotFound):
    """No such account for this principal."""


class CustomerNotFound(NotFound):
    """No such customer for this principal."""


class Conflict(Refusal):
    """What is asked does not fit what there is by now."""


class Outdated(Conflict):
    """What is to be changed is not any more what the client had before it."""


class Unavailable(Refusal):
    """Something that the request needs is down at present."""
