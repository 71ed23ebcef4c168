"""A small workflow whose runs are killed, looked at, and run again."""

from __future__ import annotations

import copy
import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from processes import DEADLINE_S, finish, freeze, jobs_of, rule_of, send, start, wait_until_gone
from soundness import contents, differences, drafts, wrong_files

from clone import Clone
from dspant.simulate.spec import parse_spec
from dspant.simulate.tank import make_tank

BLOCK = {"seed": 1, "duration_s": 4.0, "fs_hz": 6103.515625, "airflow_fs_hz": 1017.2526}

LAST_DATASET = "results/kills/rec01/bursts.ant/metadata_bursts.json"
"""A target that leaves out the reports, which take most of a run's time."""

GRAPH: dict[str, Any] = {
    "experiment": "kills",
    "line_frequency_hz": 60,
    "stores": {
        "RawG": {"kind": "stream", "unit": "V", "channels": ["left", "right"]},
        "AmpA": {"kind": "epoc", "unit": "uA"},
    },
    "nodes": {
        "filtered": {"from": "RawG", "steps": [{"bandpass": {"low_hz": 20, "high_hz": 450}}]},
        "bursts": {
            "from": "filtered",
            "steps": ["rectify", {"double_threshold": {"on_level": 1e-4, "off_level": 5e-5}}],
        },
    },
}


def _variants() -> dict[str, dict[str, Any]]:
    """The graph with another value at one place, each of which makes other jobs run again."""
    changed: dict[str, Callable[[dict[str, Any]], None]] = {
        "first": lambda graph: None,
        "stream": lambda graph: graph["nodes"]["filtered"]["steps"][0]["bandpass"].update(low_hz=9),
        "ingest": lambda graph: graph["stores"]["AmpA"].update(unit="mA"),
        "epoc": lambda graph: graph["nodes"]["bursts"]["steps"][1]["double_threshold"].update(
            min_duration_s=0.01
        ),
        "report": lambda graph: graph.update(line_frequency_hz=50),
    }
    made = {}
    for name, change in changed.items():
        made[name] = copy.deepcopy(GRAPH)
        change(made[name])
    return made


class UnsoundError(AssertionError):
    """A killed run left something wrong, or the next one did not make it right."""


@dataclass(frozen=True)
class Kill:
    """What was killed, and what ran."""

    who: str
    rule: str
    moment: str


class Killed:
    """A clone of the workflow in which runs are killed; ``expected`` is what undisturbed ones make.

    Parameters
    ----------
    root
        An empty folder.
    variants
        How many of the variants of the graph are used.
    """

    def __init__(self, root: Path, variants: int = 5) -> None:
        tank = root / "tank"
        for _ in make_tank({"rec01": parse_spec(BLOCK, where="tests")}, tank):
            pass
        (root / "clone").mkdir()
        self.clone = Clone.into(root / "clone")
        self.results = self.clone.results()
        rows = [{"recording": "rec01", "block": str(tank / "rec01")}]
        sheet = self.clone.write_sheet("one.tsv", rows)
        graphs = dict(list(_variants().items())[:variants])
        self.configs = {
            name: self.clone.write_config(f"{name}.yaml", graph | {"recordings": sheet})
            for name, graph in graphs.items()
        }
        self.expected: dict[str, dict[str, str]] = {}
        self.lasts_s: dict[str, float] = {}
        for name in self.configs:
            began = time.monotonic()
            self._ends_well(name)
            self.lasts_s[name] = time.monotonic() - began
            self.expected[name] = contents(self.results)
        if len({str(found) for found in self.expected.values()}) < len(self.expected):
            raise UnsoundError("two variants make the same, so a stale result would not show")
        self.now = name
        self.changes = 30

    def start(self, variant: str, *more: str) -> Any:
        return start(self.clone.root, "--configfile", self.configs[variant], *more)

    def _ends_well(self, variant: str) -> None:
        code, output = finish(self.clone.root, self.start(variant))
        if code:
            raise UnsoundError(f"the run ended with {code}:\n{output}")

    def kill_some(self, random: Random) -> list[Kill]:
        """Kill a run, perhaps the one after it, and so on; then let one make everything right.

        Raises
        ------
        UnsoundError
            Something was wrong right after a kill, or is not right after the next run.
        """
        if random.random() < 0.15:
            shutil.rmtree(self.results)
        kills: list[Kill] = []
        left: list[int] = []
        variant = random.choice([name for name in self.configs if name != self.now])
        while True:
            kill, alive = self._kill(variant, random)
            kills += [kill] if kill else []
            left += alive
            if random.random() < 0.3:
                variant = random.choice(list(self.configs))
            self._unlock(variant, refused_first=random.random() < 0.1)
            if kill is None or random.random() < 0.2:
                break
        try:
            self._ends_well(variant)
            wait_until_gone(left)
            self._compare(variant)
        except UnsoundError as error:
            error.add_note(f"{variant} after {self.now}, {kills}")
            raise
        self.now = variant
        return kills

    def _kill(self, variant: str, random: Random) -> tuple[Kill | None, list[int]]:
        """What was killed, if the run was not faster, and its jobs that live on."""
        run = self.start(variant)
        aimed = random.random() < 0.5
        changes = random.randrange(1, self.changes + 1) if aimed else None
        self._wait(run, random.uniform(0.5, self.lasts_s[variant]), changes)
        if run.poll() is not None:
            return None, []
        freeze([run.pid])
        jobs = jobs_of(run.pid)
        freeze(jobs)
        rule = rule_of(jobs[0]) if jobs else "none"
        who = random.choice(["snakemake", "group", "job"] if jobs else ["snakemake"])
        self._must_be_sound(f"stopped in {rule}")
        if who != "snakemake":
            send(jobs, signal.SIGKILL)
        if who != "job":
            send([run.pid], signal.SIGKILL)
        send([*jobs, run.pid], signal.SIGCONT)
        run.wait(DEADLINE_S)
        if who == "job":
            self._must_be_sound(f"a job of {rule} was killed")
        return Kill(who, rule, "aimed" if aimed else "any"), jobs if who == "snakemake" else []

    def _wait(self, run: Any, seconds: float, changes: int | None) -> None:
        """Wait for some time, or for that many changes of names: so kills fall into publishing."""
        until, seen = time.monotonic() + seconds, self._names()
        count = 0
        while run.poll() is None and (count != changes if changes else time.monotonic() < until):
            found = self._names()
            count += found != seen
            seen = found
        if run.poll() is not None and changes:
            self.changes = max(count, 10)

    def _names(self) -> list[str]:
        return [name for _, folders, files in os.walk(self.results) for name in folders + files]

    def _must_be_sound(self, when: str) -> None:
        wrong = wrong_files(self.results)
        if wrong:
            raise UnsoundError("\n".join([f"{when}:", *wrong]))

    def _unlock(self, variant: str, *, refused_first: bool) -> None:
        """Do what a user does before the next run, where Snakemake says so."""
        root = self.clone.root
        if not any(root.glob(".snakemake/locks/*")):
            return
        if refused_first:
            code, output = finish(root, self.start(variant))
            if not code or "--unlock" not in output:
                raise UnsoundError(f"a locked folder was not refused: {code}\n{output}")
        code, output = finish(root, self.start(variant, "--unlock"))
        if code:
            raise UnsoundError(f"unlocking ended with {code}\n{output}")

    def _compare(self, variant: str) -> None:
        self._must_be_sound("after the next run")
        unlike = differences(contents(self.results), self.expected[variant])
        if unlike:
            raise UnsoundError("\n".join(["not as in an undisturbed run:", *unlike]))
        left = drafts(self.results)
        if left:
            raise UnsoundError(f"left over: {left}")
