"""What is read from a job's log: logs are written by real jobs."""

from __future__ import annotations

import logging
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dspant.readers import READERS
from dspant.readers import ingest as ingesting
from dspant.simulate.tdt_block import write_block
from dspant.simulate.tdt_stores import StreamStore
from dspant.terminal import failures, logs
from dspant.terminal.state import Job

FAILING = """\
from dspant.joblog import job_log
with job_log({log!r}):
    import logging
    logging.getLogger("dspant.ingest").warning("one odd thing")
    logging.getLogger("dspant.ingest").warning("one odd thing")
    logging.getLogger("dspant.ingest").info("3 of 4 windows of samples (75 %)")
    {last}
"""
STORE = {
    "kind": "stream",
    "unit": "V",
    "channels": ["left", "right"],
    "gaps": "error",
    "truncated": "error",
    "scale": None,
}
INGEST = {
    "reader": {"name": "tdt", "version": READERS["tdt"]},
    "stores": {"RawG": STORE},
    "storage": {"compression": "none"},
}


def log_of(folder: Path, last: str) -> str:
    log = str(folder / "job.log")
    subprocess.run([sys.executable, "-c", FAILING.format(log=log, last=last)], check=False)
    return log


@pytest.mark.parametrize(
    ("last", "text"),
    [
        ("from dspant.errors import GapError; raise GapError('a: gap')", "GapError: a: gap"),
        ("from dspant.errors import GapError; raise GapError('a\\n  b: c')", "GapError: a\n  b: c"),
        ("[].index(1)", "ValueError: 1 is not in list"),
        ("raise RuntimeError", "RuntimeError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_the_reason_is_the_error_with_its_type(tmp_path, last, text):
    assert logs.reason(log_of(tmp_path, last)) == text


def test_of_a_chain_of_errors_the_last_counts(tmp_path):
    raised = "exec('try:\\n    1 / 0\\nexcept Exception as e:\\n    raise KeyError(3) from e')"

    assert logs.reason(log_of(tmp_path, raised)) == "KeyError: 3"


def test_a_job_that_was_killed_tells_by_what_and_what_it_said_last(tmp_path):
    log = log_of(tmp_path, "import os; os.kill(os.getpid(), 9)")
    job = Job("ingest", "rat01", 60.0, log)

    assert logs.reason(log) is None
    assert logs.share_done(log) == 0.75
    assert "(SIGKILL)" in failures.why(job, "SIGKILL")
    assert failures.why(job).endswith("3 of 4 windows of samples (75 %)")
    assert failures.warnings(job) == ["warned ingest rat01: one odd thing"]


@pytest.mark.parametrize("number", [2, 9, 15])
@pytest.mark.parametrize("shell", ["kill -{0} $$", "sh -c 'kill -{0} $$'; exit $?"])
def test_the_signal_is_told_as_python_and_as_a_shell_tell_it(number, shell):
    with pytest.raises(subprocess.CalledProcessError) as caught:
        subprocess.run(["bash", "-c", shell.format(number)], check=True)

    assert failures.signal_of(str(caught.value)) == signal.Signals(number).name


def test_an_error_is_no_signal():
    with pytest.raises(subprocess.CalledProcessError) as caught:
        subprocess.run(["bash", "-c", "exit 1"], check=True)

    assert failures.signal_of(str(caught.value)) == ""


def test_a_log_that_is_not_there_tells_nothing(tmp_path):
    log = str(tmp_path / "none.log")

    assert (logs.reason(log), logs.share_done(log), logs.warnings(log)) == (None, None, [])
    assert failures.why(Job("ingest", "rat01", 60.0, log)) == failures.SILENT


def test_of_a_submission_the_job_with_an_error_of_this_run_failed(tmp_path):
    log = log_of(tmp_path, "1 / 0")
    older = tmp_path / "older.log"
    older.write_text(Path(log).read_text())
    jobs = {1: Job("ingest", "rat01", 60.0, log), 2: Job("node_a", "rat01", 60.0, "none.log")}
    now = datetime.now(UTC)

    found = failures.failed_of_group(jobs, [], now - timedelta(minutes=1))
    later = failures.failed_of_group(jobs, ["slurm.log"], now + timedelta(minutes=1))

    assert found == {1: "ZeroDivisionError: division by zero"}
    assert later == {1: "of the submission of ingest, node_a no job tells why it ended, slurm.log"}


def test_a_long_ingest_tells_its_share(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(ingesting, "PROGRESS_EVERY_S", -1.0)
    monkeypatch.setattr(ingesting, "WINDOW_BYTES", 2**16)
    samples = np.random.default_rng(1).normal(size=(2, 400 * 256)).astype(np.float32)
    raw = StreamStore("RawG", samples, 6103.515625, chunk_samples=256)
    write_block(tmp_path / "rat01", tank="t", start_unix_s=1.5e9, streams=[raw], epocs=[])

    with caplog.at_level(logging.INFO, "dspant.ingest"):
        ingesting.ingest(tmp_path / "rat01", INGEST, tmp_path / "results")
    told = [int(share) for share in re.findall(r"\((\d+) %\)$", caplog.text, re.MULTILINE)]

    assert len(told) > 5
    assert told == sorted(told)
    assert told[-1] == 100
