"""What a run shows on a terminal, and what it shows where there is none."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_experiment import CONFIG, NODES, last_of, prepared

from clone import Clone

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("small")]

PAGE = "results/small/report.html"
JOBS = 3 + len(NODES)
"""Ingest, the nodes and two pages of one recording."""

LOOK_EVERY_S = 0.02
"""How often a terminal that says nothing is looked at."""

OUTER = """\
module dsp:
    snakefile:
        "{snakefile}"
    config:
        {config}


use rule * from dsp as dsp_*
"""

_PROGRESS = re.compile(r"^\[(\d+)/(\d+)(?:, \d failed)?\] ")
_COLOUR = re.compile(r"\x1b\[\d*m")


@dataclass(frozen=True)
class Shown:
    """What a terminal was sent."""

    raw: str
    status: int

    @property
    def kept(self) -> list[str]:
        """Lines that are there in the end, without colours."""
        rows = self.raw.replace("\r\n", "\n").split("\n")
        return [
            _COLOUR.sub("", row.rsplit("\x1b[2K", 1)[-1]) for row in rows if row.strip("\r\x1b[2K")
        ]

    @property
    def progress(self) -> list[str]:
        """Every line that told how the run stood, in turn."""
        parts = re.split(r"\r\x1b\[2K|\r?\n", self.raw)
        return [part for part in parts if _PROGRESS.match(part)]


def on_terminal(
    root: Path,
    *arguments: str,
    stop_once: Callable[[], bool] = lambda: False,
    environment: Mapping[str, str] | None = None,
) -> Shown:
    """Run Snakemake in a terminal of its own; press Ctrl-C, once, when ``stop_once`` is true."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(root)
        os.environ.update({"TERM": "xterm", "COLUMNS": "100"} | dict(environment or {}))
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        os.execv(command[0], command)  # noqa: S606
    raw, pressed = b"", False
    while True:
        if not pressed and stop_once():
            os.write(terminal, b"\x03")
            pressed = True
        if not select.select([terminal], [], [], LOOK_EVERY_S)[0]:
            continue
        try:
            read = os.read(terminal, 65536)
        except OSError:  # how Linux says that nobody writes there any more
            break
        if not read:
            break
        raw += read
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    return Shown(raw.decode(), os.waitstatus_to_exitcode(status))


@pytest.fixture
def clone(tmp_path) -> Clone:
    """A clone with the small experiment, not yet run."""
    return prepared(tmp_path / "clone")


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> tuple[Clone, Shown]:
    """A clone in which the small experiment was run to its end, and what that showed."""
    clone = prepared(tmp_path_factory.mktemp("terminal"))
    return clone, on_terminal(clone.root)


@pytest.fixture
def made(good) -> Clone:
    """The clone of the good run; tests leave it up to date."""
    return good[0]


def test_a_run_that_is_stopped_says_that_it_goes_on(clone):
    begun = clone.root / "logs" / "small" / "rec01" / ".ingest.lock"
    shown = on_terminal(clone.root, stop_once=begun.exists)

    assert shown.status == 1
    assert re.fullmatch(
        rf"Stopped: \d of {JOBS} jobs are done. The same command goes on from here.", shown.kept[-1]
    )


def test_a_failed_run_ends_with_why_and_with_one_line_to_act_on(clone):
    (raw,) = (clone.root / "tank" / "rec01").glob("*.tev")
    whole = raw.read_bytes()
    raw.write_bytes(whole[: len(whole) // 2])
    shown = on_terminal(clone.root)

    at = next(i for i, line in enumerate(shown.kept) if line.startswith("failed"))
    assert shown.status == 1
    assert shown.kept[at].startswith("failed ingest rec01: TruncatedError: tank/rec01: store 'RawG")
    assert shown.kept[at + 1].strip() == "log: logs/small/rec01/ingest.log"
    assert shown.kept[-1] == (
        f"1 job failed (rec01), 0 of {JOBS} jobs are done. Mend what is named above, then run the "
        f"same command: it goes on from here."
    )
    assert "Traceback" not in shown.raw
    assert "WorkflowError" not in shown.raw


def test_a_good_run_is_one_line_then_what_was_made_and_where(good):
    _, shown = good

    assert shown.status == 0
    assert len(shown.kept) == 3  # the first is Snakemake's, on the profile, before it reads ours
    assert re.fullmatch(r"Done in [\w ]+: 5 new datasets of 1 recording\.", shown.kept[1])
    assert shown.kept[2] == f"Open {PAGE}"
    counts = [tuple(map(int, _PROGRESS.match(line).groups())) for line in shown.progress]
    assert {total for _, total in counts} == {JOBS}
    assert counts == sorted(counts)
    assert any("] report_recording rec01" in line for line in shown.progress)
    assert all("\x1b" not in line and len(line) < 100 for line in shown.progress)


def test_with_nothing_to_do_it_says_so_and_names_the_page(made):
    shown = on_terminal(made.root)

    assert shown.kept[1:] == [
        "Nothing to do: all that is asked for is there and up to date.",
        f"Open {PAGE}",
    ]


def test_results_that_are_put_back_are_told_from_new_ones(made):
    shown = on_terminal(made.root, last_of(), "-R", "node_envelope")

    assert re.fullmatch(r"Done in [\w ]+: 2 datasets of 1 .* put back as before\.", shown.kept[-2])
    assert shown.kept[-1] == "Results are in results/small"


@pytest.mark.parametrize(
    ("arguments", "environment", "text"),
    [
        (["-R", "node_courses"], {"DSPANT_OUTPUT": "snakemake"}, "1 of 1 steps (100%) done"),
        (["-R", "node_courses", "--verbose"], {}, "1 of 1 steps (100%) done"),
        (["-R", "node_courses", "--dry-run"], {}, "This was a dry-run"),
        (["--touch", "-R", "node_courses"], {}, "steps (100%) done"),
    ],
)
def test_snakemakes_own_output_where_it_is_asked_for(made, arguments, environment, text):
    shown = on_terminal(made.root, last_of(), *arguments, environment=environment)

    assert shown.status == 0
    assert shown.progress == []
    assert text in shown.raw


def test_without_a_terminal_lines_stay_plain_and_the_last_ones_tell_the_same(made):
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", last_of(), "-R", "node_courses"],
        cwd=made.root,
        capture_output=True,
        check=True,
    )
    said = (done.stdout + done.stderr).decode()

    assert not set("\r\x1b\b") & set(said)
    assert "Finished jobid" in said
    assert re.search(r"Done in [\w ]+: 1 dataset of 1 recording put back as before\.\n", said)
    assert said.endswith("Results are in results/small\n")


def test_another_workflow_that_takes_it_as_a_module_keeps_its_terminal(clone):
    outer = clone.root.parent / "outer"
    (outer / "config").mkdir(parents=True)
    (outer / "config" / "small.tsv").write_text(
        f"recording\tblock\nrec01\t{clone.root / 'tank' / 'rec01'}\n"
    )
    snakefile = OUTER.format(snakefile=clone.root / "Snakefile", config=CONFIG)
    (outer / "Snakefile").write_text(snakefile, encoding="utf-8")

    shown = on_terminal(outer, "results/small/rec01/block.json")

    assert shown.status == 0
    assert "rule dsp_ingest" in shown.raw
    assert "1 of 1 steps (100%) done" in shown.raw
    assert shown.progress == []
    assert "Done in" not in shown.raw
