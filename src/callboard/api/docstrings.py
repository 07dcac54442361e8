"""What stands below the fields of a struct in its source, for the documents of the API and of the settings."""

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise

import msgspec

__all__ = ["class_words", "field_words"]


def class_words(struct: type) -> str:
    """The first paragraph of the struct's docstring, on one line."""
    return _one_line((inspect.getdoc(struct) or "").split("\n\n")[0])


@cache
def field_words(struct: type) -> dict[str, str]:
    """Field -> its docstring on one line; also of what it inherits, or has of the struct that it is `made_of`."""
    words: dict[str, str] = {}
    for cls in reversed(getattr(struct, "made_of", struct).__mro__):
        if issubclass(cls, msgspec.Struct) and cls is not msgspec.Struct:
            words |= _own_words(cls)
    return words


def _own_words(cls: type) -> dict[str, str]:
    """None for a struct that has no source of its own."""
    try:
        module = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError):
        return {}
    body = [statement for each in module.body if isinstance(each, ast.ClassDef) for statement in each.body]
    return {
        field.target.id: _one_line(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())
