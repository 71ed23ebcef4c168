"""What is known of a run: its jobs, and which of them run, are done or have failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath


@dataclass(frozen=True)
class Job:
    """One job of a run.

    Parameters
    ----------
    rule
        Its rule's name.
    recording
        The recording it works on; empty for a job of the whole experiment.
    declared_s
        How long it may take in seconds, as declared: on a slow machine.
    log
        Path of its log; empty where it has none.
    outputs
        Paths of the files it makes.
    below
        Numbers of the jobs that take what it makes.
    """

    rule: str
    recording: str
    declared_s: float
    log: str = ""
    outputs: tuple[str, ...] = ()
    below: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.rule} {self.recording}".rstrip()

    @property
    def provenances(self) -> list[str]:
        """Provenance of each dataset that it makes."""
        paths = [PurePath(path) for path in self.outputs]
        return [
            str(path)
            for path in paths
            if path.parent.suffix == ".ant" and path.name.startswith("provenance_")
        ]


@dataclass
class Run:
    """Where a run stands; times are seconds of any one clock.

    Parameters
    ----------
    jobs
        All jobs of the run by Snakemake's numbers.
    began_s
        When the first of them could begin.
    """

    jobs: Mapping[int, Job]
    began_s: float
    running: dict[int, float] = field(default_factory=dict)
    """When each running job began."""
    submitted: set[int] = field(default_factory=set)
    """Running jobs that a cluster may let wait, of which only the whole submission is known."""
    taken_s: dict[int, float] = field(default_factory=dict)
    """How long each finished job took."""
    failed: dict[int, str] = field(default_factory=dict)
    """Why each job failed that is not tried again."""
    made: int = 0
    """Datasets made anew."""
    put_back: int = 0
    """Datasets whose last result was put back."""

    def begin(self, number: int, now_s: float, *, submitted: bool = False) -> None:
        if number in self.jobs:
            self.failed.pop(number, None)
            self.running[number] = now_s
            if submitted:
                self.submitted.add(number)

    def finish(self, number: int, now_s: float) -> None:
        if number in self.jobs:
            self.failed.pop(number, None)
            self.taken_s[number] = now_s - self.running.pop(number, now_s)

    def fail(self, number: int, why: str) -> None:
        if number in self.jobs:
            self.running.pop(number, None)
            self.failed[number] = why

    def try_again(self, number: int) -> None:
        """The job has failed, and waits for its next attempt."""
        self.running.pop(number, None)

    @property
    def complete(self) -> bool:
        return len(self.taken_s) == len(self.jobs)

    def waiting(self) -> list[int]:
        """Jobs that are yet to begin, without those that a failed one keeps from it."""
        lost = self._below(self.failed)
        settled = self.running.keys() | self.taken_s.keys() | self.failed.keys() | lost
        return [number for number in self.jobs if number not in settled]

    def recordings(self, numbers: Iterable[int]) -> list[str]:
        """Recordings that jobs work on, each once, in order."""
        found = (self.jobs[number].recording for number in numbers)
        return [recording for recording in dict.fromkeys(found) if recording]

    def _below(self, numbers: Iterable[int]) -> set[int]:
        """All jobs that need one of these, directly or not."""
        reached: set[int] = set()
        left = list(numbers)
        while left:
            new = set(self.jobs[left.pop()].below) - reached
            reached |= new
            left += [number for number in new if number in self.jobs]
        return reached
