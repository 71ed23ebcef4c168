"""Which of the allowed outcomes a damaged block had, if any."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from mutations import MUTATIONS
from payload import (
    filed_values,
    read_values,
    samples_as_filed,
    stores_with_changed_payload,
)
from readings import REFUSED, Reading, read_all, same_values

from dspant.errors import DspantError

TRUTH, REFUSAL, FLAGGED, AS_FILED = "truth", "error", "flagged", "payload as filed"

MUTATED_SUFFIXES = (".tsq", ".tsq", ".tev", ".sev", ".Tbk")
"""Kinds of files that are damaged; the index most often."""

MODES = (("error", "error"), ("segment", "keep"))
"""Settings of ``gaps`` and ``truncated``."""

MOST_JITTER_S = 0.02 / 1017.0
"""A stream's start is told no better than by the jitter that whole blocks may have."""


@dataclass(frozen=True)
class Damage:
    """A file's name, and its bytes afterwards."""

    name: str
    content: bytes


class WrongNumbersError(AssertionError):
    """A damaged block was read as other numbers, without a word."""


@dataclass(frozen=True)
class Subject:
    """A whole block, its files as they are, and what it is read as."""

    folder: Path
    files: dict[str, bytes]
    truths: dict[tuple[str, str], Reading]

    @classmethod
    def of(cls, folder: Path) -> Subject:
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        truths = {mode: read_all(folder, gaps=mode[0], truncated=mode[1]) for mode in MODES}
        return cls(folder, files, truths)

    def named(self, suffix: str) -> list[str]:
        return [name for name in self.files if name.endswith(suffix)]


def try_case(subject: Subject, random: Random) -> str:
    """Damage one file, read the block, mend the file; gives the outcome.

    Raises
    ------
    WrongNumbersError
        Numbers differ and nothing says so.
    Exception
        Whatever the reader raised that is no DspantError.
    """
    damage, mode, found = read_damaged(subject, random)
    if isinstance(found, DspantError):
        return REFUSAL
    return judged(subject, subject.truths[mode], found, damage)


def read_damaged(
    subject: Subject, random: Random
) -> tuple[Damage, tuple[str, str], Reading | DspantError]:
    """What was damaged, the settings it was read with, and what it was read as."""
    names = [name for suffix in MUTATED_SUFFIXES for name in subject.named(suffix)]
    name = random.choice(names)
    mutate = random.choice(MUTATIONS)
    damaged = mutate(subject.files[name], random)
    mode = random.choice(MODES)
    path = subject.folder / name
    path.write_bytes(damaged)
    try:
        found = read_all(subject.folder, gaps=mode[0], truncated=mode[1])
    except DspantError as error:
        found = error
    finally:
        path.write_bytes(subject.files[name])
    return Damage(name, damaged), mode, found


def judged(subject: Subject, truth: Reading, reading: Reading, damage: Damage) -> str:
    """Outcome of one reading of a block of which a file was damaged."""
    new_remarks = reading.remarks - truth.remarks
    differing = {
        store
        for store in truth.stores.keys() | reading.stores.keys()
        if reading.stores.get(store) != REFUSED
        and not same_values(reading.stores.get(store), truth.stores.get(store), MOST_JITTER_S)
    }
    if not differing:
        return REFUSAL if REFUSED in reading.stores.values() else TRUTH
    unexplained = {
        store for store in differing if not _as_filed(subject, truth, reading, damage, store)
    }
    if not unexplained:
        return AS_FILED
    if new_remarks:
        return FLAGGED
    raise WrongNumbersError(f"{damage.name}: {sorted(unexplained)} differ without a word")


def _as_filed(
    subject: Subject, truth: Reading, reading: Reading, damage: Damage, store: str
) -> bool:
    if store not in truth.stores or store not in reading.stores:
        return False
    if damage.name.endswith(".tsq"):
        return _events_as_filed(subject, reading, damage, store)
    if damage.name.endswith((".tev", ".sev")):
        return _samples_as_filed(subject, truth, reading, damage, store)
    return False


def _events_as_filed(subject: Subject, reading: Reading, damage: Damage, store: str) -> bool:
    changed = stores_with_changed_payload(subject.files[damage.name], damage.content)
    if changed is None:
        return False
    if store == "Notes":
        return bool(changed)
    if store == "Chan" and store not in changed:
        return "AmpA" in changed
    if store not in changed:
        return False
    if isinstance(reading.stores[store], tuple):
        tev = next(subject.files[name] for name in subject.named(".tev"))
        return reading.stores[store][2] == samples_as_filed(damage.content, store, tev, {})
    return filed_values(damage.content, store) == read_values(reading.stores[store])


def _samples_as_filed(
    subject: Subject, truth: Reading, reading: Reading, damage: Damage, store: str
) -> bool:
    files = subject.files | {damage.name: damage.content}
    (index,) = (files[tsq] for tsq in subject.named(".tsq"))
    (tev,) = (files[tev] for tev in subject.named(".tev"))
    sevs = {sev: files[sev] for sev in subject.named(".sev")}
    if store == "Notes":
        return False
    if store == "RSn1":
        expected = b"".join(
            sevs[sev][40:] for sev in sorted(sevs, key=lambda n: n.removesuffix(".sev"))
        )
    else:
        expected = samples_as_filed(index, store, tev, sevs)
    ours, whole = reading.stores[store], truth.stores[store]
    if isinstance(ours, tuple):
        return ours[:2] == whole[:2] and ours[2] == expected
    rest = [{k: v for k, v in columns.items() if k != "waveform"} for columns in (ours, whole)]
    waveforms = np.array(ours.get("waveform", []), dtype="<f4").tobytes()
    return repr(rest[0]) == repr(rest[1]) and (
        np.array_equal(np.frombuffer(waveforms, "<f4"), np.frombuffer(expected, "<f4"), True)
    )
