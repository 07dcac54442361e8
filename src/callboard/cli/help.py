"""How help looks: plain text that fits 80 columns, with examples that can be pasted."""

import typer

__all__ = ["examples", "group"]


def group(words: str) -> typer.Typer:
    """A group of verbs. Plain help instead of Rich's, whose import alone takes a quarter of a second."""
    return typer.Typer(
        help=words,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def examples(*lines: str) -> str:
    """The epilog of a verb's help; `\\b` keeps the lines as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
