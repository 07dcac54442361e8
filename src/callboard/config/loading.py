"""Gather the settings: what stands in the file, over it environment variables, over these options."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar, get_args

import msgspec
from msgspec import inspect as shapes

from callboard.config.examples import EXAMPLES
from callboard.config.mistakes import ConfigError, Mistake, did_you_mean
from callboard.config.settings import Config, same_listeners, same_names, slow_lists
from callboard.config.sources import Given, Named, Source, from_environment, from_file, from_options
from callboard.config.tree import KeyPath, dotted, item_of
from callboard.config.values import choices, read_value, shown, toml, wanted

__all__ = ["DEFAULT", "Loaded", "gather", "load"]

DEFAULT = "default"
"""The origin of a value that nobody gave."""

Tree = TypeVar("Tree", bound=msgspec.Struct)


class Loaded(msgspec.Struct, frozen=True):
    """Settings, and where each value that is not the default came from."""

    config: Config
    origins: Mapping[KeyPath, str]
    names: Mapping[KeyPath, tuple[str, ...]] = {}
    """Of each kind of named sections, by its path, the names that were given."""

    def origin(self, path: KeyPath) -> str:
        """Where the value of a setting came from."""
        return self.origins.get(path, DEFAULT)


def load(path: Path | None, environment: Mapping[str, str], options: Mapping[str, str]) -> Config:
    """The settings of a TOML file (None: no file), environment variables and options (`section.key` -> text).

    Raises `ConfigError` with every mistake in all three.
    """
    return gather(path, environment, options).config


def gather(path: Path | None, environment: Mapping[str, str], options: Mapping[str, str]) -> Loaded:
    """As `load`, with the origins."""
    file = from_file(Config, path) if path else Source()
    names = _names(file.named)
    sources = (file, from_environment(Config, environment, names), from_options(Config, options, names))
    builder = _Builder(tuple(one for source in sources for one in source.named))
    for source in sources:
        builder.mistakes += source.mistakes
        for given in source.given:
            builder.take(given)
    config = builder.build(Config, ())
    builder.mistakes += _clashes(config, builder)
    if builder.mistakes:
        raise ConfigError(tuple(sorted(builder.mistakes, key=_reading_order)))
    return Loaded(config, builder.origins, builder.names)


def _names(named: Iterable[Named]) -> dict[KeyPath, tuple[str, ...]]:
    """The names of each kind of section, each once, in the order in which they were given."""
    names: dict[KeyPath, dict[str, None]] = {}
    for one in named:
        names.setdefault(one.kind, {})[one.name] = None
    return {kind: tuple(of_kind) for kind, of_kind in names.items()}


class _Builder:
    """Makes the structs of what was given, defaults filled in, and gathers what is wrong on the way."""

    def __init__(self, named: tuple[Named, ...]) -> None:
        self.names = _names(named)
        self.headers = {(*one.kind, one.name): one.origin for one in reversed(named)}
        """Where each named section was first named."""
        self.values: dict[KeyPath, object] = {}
        self.origins: dict[KeyPath, str] = {}
        self.mistakes: list[Mistake] = []

    def take(self, given: Given) -> None:
        """A value that wins over what was given before. A wrong one is told, even if a right one wins over it."""
        try:
            self.values[given.setting.path] = read_value(given.setting, given.value, given.is_text)
            self.origins[given.setting.path] = given.origin
        except msgspec.ValidationError:
            self.mistakes.append(_unfit(given))

    def build(self, tree: type[Tree], path: KeyPath, name: str = "") -> Tree:
        """The struct at `path`, of this name if it has one. What the room itself refuses is a mistake, and left out."""
        fields: dict[str, object] = {"name": name} if name else {}
        below: dict[str, object] = {}
        for field in msgspec.structs.fields(tree):
            here = (*path, field.name)
            shape = shapes.type_info(field.type)
            item = item_of(shape)
            if isinstance(shape, shapes.StructType):
                below[field.name] = self.build(shape.cls, here)
            elif item is not None:
                below[field.name] = self._build_named(item, here, field.type)
            elif here in self.values:
                fields[field.name] = self.values[here]
        found = _refused(tree, fields)
        for names, words in found:
            given = [(*path, each) for each in names if (*path, each) in self.origins]
            where, keys = (", ".join(map(self.origins.__getitem__, given)), ", ".join(map(dotted, given)))
            self.mistakes.append(Mistake(where=where, key=keys, cause=words))
        return tree(**below) if found else tree(**fields, **below)

    def _build_named(self, item: type[Tree], path: KeyPath, type_: object) -> dict[str, Tree]:
        """The structs of a kind by their names. A name that cannot be one is a mistake."""
        name_type = get_args(type_)[0]
        built: dict[str, Tree] = {}
        for name in self.names.get(path, ()):
            here = (*path, name)
            try:
                msgspec.convert(name, name_type)
            except msgspec.ValidationError:
                cause = f"{shown(name)} cannot be a name here: it wants {wanted(shapes.type_info(name_type))}"
                self.mistakes.append(Mistake(where=self.headers[here], key=dotted(path), cause=cause))
            built[name] = self.build(item, here, name)
        return built


def _clashes(config: Config, builder: _Builder) -> Iterator[Mistake]:
    """A mistake for each switch that is called as one before it, listens where one before it does, or may list longer
    than the table remembers.
    """
    origins = {**builder.origins, **builder.headers}

    def mistakes(groups: Iterable[tuple[KeyPath, ...]], cause: str, fix: str) -> Iterator[Mistake]:
        for first, *others in groups:
            place = f" ({origins[first]})" if first in origins else ""
            for other in others:
                where = origins.get(other) or origins.get(other[:-1], DEFAULT)
                yield Mistake(where=where, key=dotted(other), cause=f"{cause}: {dotted(first)}{place}", fix=fix)

    yield from mistakes(
        same_names(config.switches),
        "another switch has this name, or one too near to it",
        "give one of them another name, one that differs in more than case, dashes and dots",
    )
    yield from mistakes(
        same_listeners(config.switches),
        "another switch's events come to this address",
        "give one of them another port",
    )
    yield from mistakes(
        slow_lists(config),
        "a list may take longer than calls that ended are remembered, and would bring them back",
        "make this shorter, or the other longer",
    )


def _unfit(given: Given) -> Mistake:
    """The mistake of a value that is not of its setting's type. A secret is never repeated."""
    setting = given.setting
    example = EXAMPLES.get(setting.general, setting.default)
    given_words = " ".join(map(str, given.value)) if isinstance(given.value, list) else str(given.value)
    want = wanted(shapes.type_info(setting.type))
    near = did_you_mean(given_words, choices(setting.shape), f"for example `{setting.path[-1]} = {toml(example)}`")
    return Mistake(
        where=given.origin,
        key=setting.key,
        cause=f"wants {want}, not {'what is given' if setting.secret else shown(given.value)}",
        fix="" if setting.secret else near,
    )


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
