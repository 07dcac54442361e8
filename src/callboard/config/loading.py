"""Gather the settings: what stands in the file, over it environment variables, over these options."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import inspect as shapes

from callboard.config.examples import EXAMPLES
from callboard.config.mistakes import ConfigError, Mistake, did_you_mean
from callboard.config.settings import Config
from callboard.config.sources import Given, Source, from_environment, from_file, from_options
from callboard.config.values import choices, read_value, shown, toml, wanted

__all__ = ["DEFAULT", "Loaded", "gather", "load"]

DEFAULT = "default"
"""The origin of a value that nobody gave."""

Tree = TypeVar("Tree", bound=msgspec.Struct)


class Loaded(msgspec.Struct, frozen=True):
    """Settings, and where each value that is not the default came from."""

    config: Config
    origins: Mapping[tuple[str, ...], str]

    def origin(self, path: tuple[str, ...]) -> str:
        """Where the value of a setting came from."""
        return self.origins.get(path, DEFAULT)


def load(path: Path | None, environment: Mapping[str, str], options: Mapping[str, str]) -> Config:
    """The settings of a TOML file (None: no file), environment variables and options (`section.key` -> text).

    Raises `ConfigError` with every mistake in all three.
    """
    return gather(path, environment, options).config


def gather(path: Path | None, environment: Mapping[str, str], options: Mapping[str, str]) -> Loaded:
    """As `load`, with the origins."""
    sources = (
        from_file(Config, path) if path else Source(),
        from_environment(Config, environment),
        from_options(Config, options),
    )
    mistakes: list[Mistake] = []
    values: dict[tuple[str, ...], object] = {}
    origins: dict[tuple[str, ...], str] = {}
    for source in sources:
        mistakes += source.mistakes
        for given in source.given:
            try:
                values[given.setting.path] = read_value(given.setting, given.value, given.is_text)
                origins[given.setting.path] = given.origin
            except msgspec.ValidationError:
                mistakes.append(_unfit(given))
    config = _build(Config, (), values, origins, mistakes)
    if mistakes:
        raise ConfigError(tuple(sorted(mistakes, key=_reading_order)))
    return Loaded(config, origins)


def _unfit(given: Given) -> Mistake:
    """The mistake of a value that is not of its setting's type. A secret is never repeated."""
    setting = given.setting
    example = EXAMPLES.get(setting.key, setting.default)
    given_words = " ".join(map(str, given.value)) if isinstance(given.value, list) else str(given.value)
    near = did_you_mean(given_words, choices(setting.shape), f"for example `{setting.path[-1]} = {toml(example)}`")
    return Mistake(
        where=given.origin,
        key=setting.key,
        cause=f"wants {wanted(setting.shape)}, not {'what is given' if setting.secret else shown(given.value)}",
        fix="" if setting.secret else near,
    )


def _build(
    tree: type[Tree],
    path: tuple[str, ...],
    values: Mapping[tuple[str, ...], object],
    origins: Mapping[tuple[str, ...], str],
    mistakes: list[Mistake],
) -> Tree:
    """The struct at `path`, defaults filled in. What the room itself refuses becomes a mistake, and is left out."""
    fields: dict[str, object] = {}
    below: dict[str, object] = {}
    for field in msgspec.structs.fields(tree):
        here = (*path, field.name)
        if isinstance(shape := shapes.type_info(field.type), shapes.StructType):
            below[field.name] = _build(shape.cls, here, values, origins, mistakes)
        elif here in values:
            fields[field.name] = values[here]
    found = _refused(tree, fields)
    for names, words in found:
        mistakes.append(
            Mistake(
                where=", ".join(origins[*path, name] for name in names),
                key=", ".join(".".join((*path, name)) for name in names),
                cause=words,
            )
        )
    return tree(**below) if found else tree(**fields, **below)


def _refused(tree: type[msgspec.Struct], fields: Mapping[str, object]) -> list[tuple[tuple[str, ...], str]]:
    """What the struct's own checks refuse: names of fields, and why. Single values first; if each is fine, all."""
    alone: list[tuple[tuple[str, ...], str]] = [
        ((name,), words) for name in fields if (words := _refusal(tree, {name: fields[name]}))
    ]
    together = _refusal(tree, fields)
    return alone or ([(tuple(fields), together)] if together else [])


def _refusal(tree: type[msgspec.Struct], fields: Mapping[str, object]) -> str:
    """Why a struct cannot have these values; empty if it can."""
    try:
        tree(**fields)
    except ValueError as error:
        return str(error)
    return ""


def _reading_order(mistake: Mistake) -> tuple[bool, int]:
    """Sorts mistakes: those of the file by line, then the others as they came."""
    line = mistake.where.rpartition(":")[2]
    return (False, int(line)) if line.isdigit() else (True, 0)
