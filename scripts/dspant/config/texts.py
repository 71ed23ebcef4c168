"""Reads a text file that a lab has written, whatever editor or spreadsheet saved it."""

from __future__ import annotations

import codecs
from pathlib import Path

from dspant.errors import ConfigError

_MARKS_OF_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(file: Path, name: str, noun: str) -> str:
    """Text of a UTF-8 file, without its byte order mark.

    Parameters
    ----------
    file
        The file.
    name
        Its path, as users read it.
    noun
        What it is called where the user is told to save it again.

    Raises
    ------
    ConfigError
        If the file cannot be read or is not UTF-8; names file and, where there is one, the line.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ConfigError([f"{name}: cannot be read: {error.strerror}"]) from error
    if raw.startswith(_MARKS_OF_UTF16) or b"\0" in raw:
        raise ConfigError([f"{name}: UTF-16 or no text at all; save the {noun} as UTF-8"])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig")
        line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
        problem = f"not UTF-8 text at column {column}; save the {noun} as UTF-8"
        raise ConfigError([f"{name}:{line}: {problem}"]) from error
