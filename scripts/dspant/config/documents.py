"""Strict YAML: plain data, the line of every key, and no key twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.reader import ReaderError

from dspant.config.problems import KeyPath, sentence
from dspant.config.texts import read_text
from dspant.errors import ConfigError

_MERGE_TAG = "tag:yaml.org,2002:merge"

_HINTS = {
    "\\t": "; indent with spaces, not tabs",
    "mapping values": "; put text that holds a colon in quotes",
    "<block end>": "; indent the keys of one mapping alike",
    "expected ',' or": "; close the bracket, and put commas between entries",
    "could not find expected ':'": "; write a key, a colon and a space",
}
"""What to change, by a part of the parser's sentence."""

COMMAND_LINE = "command line (--config)"
"""Stands for file and line where a value comes from no config file."""


@dataclass(frozen=True)
class Document:
    """One config file.

    Parameters
    ----------
    file
        Its path, as users read it.
    data
        Plain dicts, lists and scalars.
    lines
        Line of each key and list item, counted from 1, by key path.
    problems
        One finished line for each key that stands twice.
    """

    file: str
    data: Any
    lines: Mapping[KeyPath, int]
    problems: tuple[str, ...]


def load_document(file: Path | str) -> Document:
    """Read a YAML file with safe nodes only.

    Raises
    ------
    ConfigError
        If the file cannot be read or is not YAML; names file and line.
    """
    name = shown_path(file)
    text = read_text(Path(file), name, "file")
    try:
        loader = yaml.SafeLoader(text)
    except ReaderError as error:
        raise ConfigError([_not_printable(name, text, error)]) from error
    try:
        root = loader.get_single_node()
        # Lines come first: constructing a mapping moves merged keys into it.
        found = list(_keys(root, ()))
        data = None if root is None else loader.construct_document(root)
    except yaml.YAMLError as error:
        raise ConfigError([_not_yaml(name, error)]) from error
    except RecursionError as error:
        raise ConfigError([f"{name}: an anchor holds an alias of itself"]) from error
    finally:
        loader.dispose()
    return Document(name, data, dict(found), tuple(_duplicates(name, found)))


def holding(document: Document, config: Mapping[str, Any]) -> Document:
    """The section of a document that is the config, where another workflow hands on a part of its.

    The document itself where it is the config as a whole, or holds only a part of it.
    """
    for path, section in _sections(document.data, ()):
        if section == config:
            depth = len(path)
            lines = {
                key[depth:]: line
                for key, line in document.lines.items()
                if key[:depth] == path and len(key) > depth
            }
            return replace(document, data=section, lines=lines)
    return document


def _sections(data: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    if isinstance(data, Mapping):
        yield path, data
        for key, value in data.items():
            yield from _sections(value, (*path, key))


def shown_path(file: Path | str) -> str:
    """A path relative to the working directory where it lies below it."""
    path = Path(file)
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def place(
    documents: Sequence[Document], config: Mapping[str, Any], path: KeyPath
) -> tuple[str, int]:
    """File and line of a key; of the nearest key above it where it is missing; 0 for no line.

    Parameters
    ----------
    documents
        The files the config was merged from; later ones win.
    config
        The merged config, which may hold values from the command line.
    path
        The key.
    """
    head, value = _deepest(config, path)
    for document in reversed(documents):
        held, found = _deepest(document.data, head)
        if held != head or not (isinstance(value, Mapping) or found == value):
            continue
        return document.file, document.lines.get(head, 0)
    return (COMMAND_LINE if documents else ""), 0


def _keys(node: yaml.Node | None, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.tag == _MERGE_TAG or not isinstance(key, yaml.ScalarNode):
                continue
            inner = (*path, SafeConstructor().construct_object(key))
            yield inner, key.start_mark.line + 1
            yield from _keys(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*path, index), value.start_mark.line + 1
            yield from _keys(value, (*path, index))


def _duplicates(name: str, found: Iterable[tuple[KeyPath, int]]) -> Iterator[str]:
    first: dict[KeyPath, int] = {}
    for path, line in found:
        # Below a key that stands twice, every key may; one line about the topmost is enough.
        if any(path[:length] in first and first[path[:length]] < 0 for length in range(len(path))):
            continue
        if path not in first:
            first[path] = line
            continue
        at = abs(first[path])
        first[path] = -at
        yield sentence(f"{name}:{line}", path, f"stands here and on line {at}; keep one of them")


def _not_yaml(name: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    at = name if mark is None else f"{name}:{mark.line + 1}"
    problem = getattr(error, "problem", None) or str(error)
    told = problem if mark is None else f"{problem} at column {mark.column + 1}"
    begun = getattr(error, "context_mark", None)
    if begun is not None and mark is not None and begun.line != mark.line:
        told += f", {error.context} that begins on line {begun.line + 1}"
    hint = next((hint for part, hint in _HINTS.items() if part in problem), "")
    return f"{at}: not valid YAML: {told}{hint}"


def _not_printable(name: str, text: str, error: ReaderError) -> str:
    line = text.count("\n", 0, error.position) + 1
    column = error.position - text.rfind("\n", 0, error.position)
    what = f"a character that cannot be printed (U+{error.character:04X}) at column {column}"
    return f"{name}:{line}: not valid YAML: {what}; delete it"


def _deepest(data: Any, path: KeyPath) -> tuple[KeyPath, Any]:
    for length, part in enumerate(path):
        inside = (isinstance(data, Mapping) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if not inside:
            return path[:length], data
        data = data[part]
    return path, data
