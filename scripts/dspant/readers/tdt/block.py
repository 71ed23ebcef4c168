"""One TDT block: its stores, by name."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from dspant.errors import StoreError
from dspant.readers.once import Once
from dspant.readers.raw import RawEpoc, RawStream
from dspant.readers.tdt.epocs import no_events, read_epoc, read_scalar, silent_epocs
from dspant.readers.tdt.files import BlockFiles, find_files
from dspant.readers.tdt.index import Index, read_index
from dspant.readers.tdt.notes import NAME as NOTES
from dspant.readers.tdt.notes import has_notes, read_notes
from dspant.readers.tdt.sev_streams import open_sev_stream, stands_for_itself, survey_sev
from dspant.readers.tdt.snips import read_snips
from dspant.readers.tdt.streams import open_stream, survey_stream
from dspant.readers.tdt.tbk import Settings, read_settings

_SEV_STORE = re.compile(r"_(.{4})_ch\d+(-\d+h)?\.sev$", re.IGNORECASE)


def open_block(folder: Path | str) -> Block:
    """Open a block: its index is read, no sample is.

    Raises
    ------
    RawDataError
        The folder holds no index or several, or the index is cut or has no start mark.
    """
    files = find_files(folder)
    return Block(files, read_index(files.tsq))


class Block:
    """One TDT block, opened but not read; times are seconds from its start mark, as float64."""

    source = "TDT"

    def __init__(self, files: BlockFiles, index: Index) -> None:
        self.files = files
        self.index = index
        # A summary is made beside other work, and both go through all records of a store.
        self.survey = Once(partial(survey_stream, files, index))
        self._epoc = Once(self._read_epoc)

    def __repr__(self) -> str:
        return f"<Block {self.folder.name}: {', '.join(self.kinds)}>"

    @property
    def folder(self) -> Path:
        return self.files.folder

    @property
    def raw_files(self) -> list[Path]:
        return self.files.present

    @cached_property
    def settings(self) -> Settings:
        """What the .Tbk says."""
        return read_settings(self.files.tbk)

    @cached_property
    def sev_stores(self) -> frozenset[str]:
        """Stores that have .sev files but no records in the index."""
        matches = (_SEV_STORE.search(path.name) for path in self.files.sev)
        return frozenset(match[1] for match in matches if match) - self.index.names.keys()

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Kind of each store by its name, sorted by name.

        ``stream``, ``epoc``, ``epoc offset``, ``scalar``, ``snip``, or ``notes`` for the table of
        what the experimenter typed.
        """
        return dict(
            sorted(
                {
                    **self.index.kinds,
                    **dict.fromkeys(self.sev_stores, "stream"),
                    **({NOTES: "notes"} if has_notes(self.files) else {}),
                }.items()
            )
        )

    @cached_property
    def silent(self) -> dict[str, str]:
        """Kind of each store of events that was set up and of which nothing was recorded."""
        return dict.fromkeys(silent_epocs(self.index, self.settings), "epoc")

    def stream(self, name: str, *, gaps: str = "error", truncated: str = "error") -> RawStream:
        """Check one stream; samples are read from what is returned.

        Parameters
        ----------
        gaps
            ``error``, or ``segment`` to keep unbroken runs.
        truncated
            ``error``, or ``keep`` to end the stream where the data of all channels end.

        Raises
        ------
        StoreError
            There is no such stream.
        RawDataError
            Records contradict each other, or a file is missing.
        GapError, TruncatedError
            The stream is not whole, in a way that the parameters do not allow.
        """
        self._expect(name, "stream")
        if stands_for_itself(self.files, self.index, name):
            found = survey_sev(self.files, self.index, name)
            return open_sev_stream(found, gaps=gaps, truncated=truncated)
        return open_stream(self.survey(name), gaps=gaps, truncated=truncated)

    def epoc(self, name: str) -> RawEpoc:
        """Read one store of events.

        Scalars and notes are events without duration; the waveforms of snips are read later. A
        silent store has no events, and a warning.

        Raises
        ------
        StoreError
            There is no such store of events.
        RawDataError
            The store's records contradict each other, or waveforms lie outside their file.
        """
        if name not in self.silent:
            self._expect(name, "epoc", "scalar", "snip", "notes")
        return self._epoc(name)

    def summary(self) -> dict[str, Any]:
        """What the block says of itself: deterministic, without any path."""
        from dspant.readers.tdt.summary import summarise

        return summarise(self)

    def _read_epoc(self, name: str) -> RawEpoc:
        raw = self._read_events(name)
        if not self.index.lack or self.kinds.get(name) == "notes":
            return raw
        return replace(raw, warnings=[*raw.warnings, f"store {name!r}: {self.index.lack}"])

    def _read_events(self, name: str) -> RawEpoc:
        if name in self.silent:
            return no_events(name)
        if self.kinds[name] == "scalar":
            return read_scalar(self.index, name)
        if self.kinds[name] == "snip":
            return read_snips(self.files, self.index, name)
        if self.kinds[name] == "notes":
            return read_notes(self.files, self.index)
        return read_epoc(self.index, name, primary=self.settings.primaries.get(name))

    def _expect(self, name: str, *kinds: str) -> None:
        found = self.kinds.get(name)
        if found is None:
            raise StoreError(f"no store {name!r} in {self.folder}; there are: {list(self.kinds)}")
        if found not in kinds:
            raise StoreError(f"store {name!r} holds {found}s, not {kinds[0]}s")
