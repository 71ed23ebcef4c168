"""What a job asks of the machine it runs on: more for a larger raw block, more when tried again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dspant.config.blocks import BlockFacts, block_facts
from dspant.config.sheet import Sheet


class Wildcards(Protocol):
    """What Snakemake gives to a function of a rule."""

    recording: str


@dataclass(frozen=True)
class Demand:
    """Memory and time of a rule's jobs.

    Parameters
    ----------
    facts
        What is known of the raw block that a job works on.
    memory_mb
        Memory of the job itself in MB.
    time_s
        How long it takes in seconds, on a slow machine.
    overhead_mb
        Memory in MB of the processes around it where it is submitted to a cluster.
    """

    facts: Callable[[Wildcards], BlockFacts]
    memory_mb: Callable[[BlockFacts], float]
    time_s: Callable[[BlockFacts], float]
    overhead_mb: int = 0

    def mem_mb(self, wildcards: Wildcards, attempt: int) -> int:
        """Memory in MB; twice the first attempt's in the second."""
        return round(self.memory_mb(self.facts(wildcards))) * attempt + self.overhead_mb

    def runtime(self, wildcards: Wildcards, attempt: int) -> int:
        """Whole minutes; twice the first attempt's in the second."""
        return -int(-self.time_s(self.facts(wildcards)) // 60) * attempt


@dataclass(frozen=True)
class Demands:
    """What each kind of job asks for, in one experiment.

    Parameters
    ----------
    channels
        Number of channels of each stream store by the name of its dataset; None where the config
        does not name them.
    """

    sheet: Sheet
    channels: Mapping[str, int | None]
    overhead_mb: int

    def ingest(self) -> Demand:
        from dspant.engine.duration import ingest_time_s
        from dspant.engine.memory import ingest_memory_mb

        def memory_mb(facts: BlockFacts) -> int:
            channels = {store: self._channels(store, facts) for store in self.channels}
            return ingest_memory_mb(channels, facts.index_bytes)

        return self._of_recording(memory_mb, lambda facts: ingest_time_s(facts.sample_bytes))

    def node(self, spec: Mapping[str, Any], store: str) -> Demand:
        """Of a node; ``store`` is what the first of its inputs was made from."""
        from dspant.engine.duration import node_time_s
        from dspant.engine.memory import HIGHEST_FS_HZ, NodeMemory

        memory = NodeMemory.of(spec)

        def memory_mb(facts: BlockFacts) -> int:
            fs_hz = facts.rates_hz.get(store, HIGHEST_FS_HZ)
            return memory.mb(self._channels(store, facts), fs_hz)

        return self._of_recording(memory_mb, lambda facts: node_time_s(spec, facts.sample_bytes))

    def report(self, datasets: int) -> Demand:
        """Of the page of a recording of so many datasets."""
        from dspant.engine.duration import report_time_s
        from dspant.engine.memory import report_memory_mb

        def memory_mb(facts: BlockFacts) -> int:
            return report_memory_mb(
                max((self._channels(store, facts) for store in self.channels), default=0)
            )

        return self._of_recording(
            memory_mb, lambda facts: report_time_s(facts.sample_bytes, datasets)
        )

    def experiment_report(self) -> Demand:
        from dspant.engine.duration import report_time_s
        from dspant.engine.memory import report_memory_mb

        return Demand(
            lambda _: BlockFacts(),
            lambda _: report_memory_mb(0),
            lambda _: report_time_s(0, 0),
            self.overhead_mb,
        )

    def _channels(self, store: str, facts: BlockFacts) -> int:
        from dspant.engine.memory import UNDECLARED_CHANNELS

        return self.channels.get(store) or facts.channels.get(store, UNDECLARED_CHANNELS)

    def _of_recording(
        self, memory_mb: Callable[[BlockFacts], float], time_s: Callable[[BlockFacts], float]
    ) -> Demand:
        return Demand(self._facts, memory_mb, time_s, self.overhead_mb)

    def _facts(self, wildcards: Wildcards) -> BlockFacts:
        return block_facts(Path(self.sheet.cell(wildcards.recording, "block")))
