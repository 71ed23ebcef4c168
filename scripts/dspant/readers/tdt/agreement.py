"""What the index and the settings file (.Tbk) both say of a block, compared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dspant.readers.tdt.index import (
    FORMATS,
    HEADER_WORDS,
    KIND_BITS,
    KINDS,
    MARK,
    OFFSET,
    SNIP,
    STREAM,
    WORD_BYTES,
    onset_store,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dspant.readers.tdt.files import BlockFiles
    from dspant.readers.tdt.index import Index
    from dspant.readers.tdt.sev_streams import SevSurvey
    from dspant.readers.tdt.tbk import Settings, StoreSettings

MARK_LEAD_S = 2.0**-20
"""Synapse stamps the start mark this much before the block's first second."""

_FREQUENCY_STEP_HZ = 1e-6


def agreement_doubts(files: BlockFiles, index: Index, settings: Settings) -> list[str]:
    """In words: what the index says otherwise than the settings."""
    if files.tbk is None:
        return [
            "there is no .Tbk file: what the index says of the stores cannot be compared, and "
            "which epocs share the ends of others is not known"
        ]
    tbk = files.tbk.name
    if settings.start_unix_s is None or not settings.stores:
        return [
            f"{tbk} is damaged: it lists no stores, so what the index says of them cannot be "
            f"compared, and which epocs share the ends of others is not known"
        ]
    found = [f"{tbk}: {doubt}" for doubt in _time_doubts(index, settings)]
    for name, kind in index.kinds.items():
        stated = settings.stores.get(name)
        if stated is not None:
            doubts = _store_doubts(index, name, kind, stated)
            found += [f"store {name!r}: {doubt}" for doubt in doubts]
        elif index.first(name)["type"] != MARK:
            found.append(f"store {name!r} is in {index.path.name}, but {tbk} does not list it")
    for name, primary in settings.primaries.items():
        if name in index.names and primary not in index.names:
            found.append(
                f"store {name!r}: {tbk} says that it shares the ends of {primary!r}, which is not "
                f"in the block"
            )
    return found


def _time_doubts(index: Index, settings: Settings) -> Iterator[str]:
    pairs = [
        ("start", index.start_unix_s, settings.start_unix_s),
        ("stop", index.stop_unix_s, settings.stop_unix_s),
    ]
    for what, marked, stated in pairs:
        if marked is None or stated is None:
            continue
        if stated not in (marked, marked + MARK_LEAD_S):
            yield (
                f"the block's {what} is {stated!r} s after 1970, but the {what} mark of "
                f"{index.path.name} says {marked!r}"
            )


def _store_doubts(index: Index, name: str, kind: str, stated: StoreSettings) -> Iterator[str]:
    first = index.first(name)
    said = int(first["type"]) & KIND_BITS
    if not _is_head(stated):
        yield f"the .Tbk calls it {stated.head!r}, which is no name of a store or of its ends"
    if KINDS.get(_whole(stated, "TankEvType") & KIND_BITS) != kind:
        yield f"the index says {kind}, the .Tbk type {_shown(stated, 'TankEvType')}"
    if said == OFFSET and stated.texts.get("StrobeBuddy") != onset_store(first):
        yield (
            f"the index says that it holds the ends of {onset_store(first)!r}, the .Tbk of "
            f"{_shown(stated, 'StrobeBuddy')}"
        )
    if said in (STREAM, SNIP):
        channels = {"NumChan": len(index.outline(name).channels)} if said == STREAM else {}
        yield from _sample_doubts(first, channels, stated)


def _sample_doubts(
    first: np.void, channels: Mapping[str, int], stated: StoreSettings
) -> Iterator[str]:
    number, fs_hz = int(first["format"]), float(first["fs"])
    yield from _differences(
        "index",
        stated,
        DataFormat=number,
        SampleFreq=fs_hz,
        NumPoints=(int(first["size"]) - HEADER_WORDS) * WORD_BYTES // _item_bytes(number),
        **channels,
    )


def sev_doubts(found: SevSurvey, settings: Settings) -> list[str]:
    """In words: what the headers of .sev files say otherwise than the settings."""
    stated = settings.stores.get(found.store)
    if stated is None:
        return ["no .Tbk lists it, so what its .sev files say cannot be compared"]
    return list(
        _differences(
            ".sev files",
            stated,
            DataFormat=found.channels[0].parts[0].format,
            SampleFreq=found.fs_hz,
            NumChan=len(found.channels),
        )
    )


def _differences(where: str, stated: StoreSettings, **said: float) -> Iterator[str]:
    for key, value in said.items():
        # Rates are filed with six decimals, and everything else is a whole number.
        if not abs(stated.number(key) - value) <= _FREQUENCY_STEP_HZ:
            yield f"{key} is {value!r} by the {where}, {_shown(stated, key)} by the .Tbk"


def _is_head(stated: StoreSettings) -> bool:
    """Whether a head is the store's name, with the sign of an onset or of a primary, or its end."""
    name, head = stated.name, stated.head
    ends = f"{stated.texts.get('StrobeBuddy', '')}\\"
    return head in (name, f"{name}/", ends) or head.startswith(f"{name}|")


def _item_bytes(number: int) -> int:
    return np.dtype(FORMATS[number]).itemsize if number in FORMATS else 1


def _whole(stated: StoreSettings, key: str) -> int:
    value = stated.number(key)
    return 0 if math.isnan(value) else int(value)


def _shown(stated: StoreSettings, key: str) -> str:
    return stated.texts.get(key) or "nothing"
