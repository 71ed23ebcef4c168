"""One process at a time, which ends with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dspant import alone as module
from dspant.alone import STARTED_BY, alone

HOLDS = """
import sys, time
from pathlib import Path
from dspant.alone import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""

LOGS = """
import sys
from dspant.joblog import job_log
with job_log(sys.argv[1]):
    {what}
"""

STARTS_ANOTHER = """
import subprocess, sys, time
child = "import time; from dspant.alone import end_with_parent; end_with_parent(); "
child += "print('begun', flush=True); time.sleep(60); print('lived on')"
subprocess.Popen([sys.executable, "-c", child])
time.sleep(60)
"""


ENDS_BEFORE_IT_IS_ASKED = """
import os, subprocess, sys
from dspant.alone import STARTED_BY
child = "import sys, time; sys.stdin.read(); from dspant.alone import end_with_parent; "
child += "end_with_parent(); print('begun', flush=True); time.sleep(60); print('lived on')"
os.environ[STARTED_BY] = str(os.getpid())
between = {between}
subprocess.Popen([*between, sys.executable, "-c", child])
print("started", flush=True)
sys.stdin.read()
"""
"""A child that asks only once the parent is gone: it waits for the end of what both can read."""


def holder(file: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", HOLDS, file], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    return process


def test_the_second_waits_until_the_first_is_killed(tmp_path, capsys):
    file = tmp_path / "x.lock"
    first = holder(file)
    second = subprocess.Popen(
        [sys.executable, "-c", HOLDS, file], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said = second.stderr.readline().decode()
    assert said.startswith(f"{file}: a job that a killed run left behind still makes the same")
    assert f"(process {first.pid} on " in said
    assert second.poll() is None
    first.kill()
    assert second.stdout.readline() == b"held\n"
    for process in (first, second):
        process.kill()
        process.communicate()


def test_a_file_deleted_while_waited_for_is_locked_anew(tmp_path):
    file = tmp_path / "x.lock"
    first = holder(file)
    second = subprocess.Popen(
        [sys.executable, "-c", HOLDS, file], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    second.stderr.readline()
    file.unlink()
    first.kill()
    assert second.stdout.readline() == b"held\n"
    assert file.exists()
    for process in (first, second):
        process.kill()
        process.communicate()


def test_a_file_system_without_locks_goes_without(tmp_path, monkeypatch):
    import errno
    import fcntl

    def no_locks(*_args: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with alone(tmp_path / "x.lock"):
        pass
    monkeypatch.setattr(fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError(5, "broken")))
    with pytest.raises(OSError, match="broken"), alone(tmp_path / "x.lock"):
        pass


def test_a_lock_is_given_back(tmp_path):
    for _ in range(2):
        with alone(tmp_path / "x.lock"):
            pass
    assert module._locked(tmp_path / "x.lock") is not None


def test_a_process_ends_with_the_one_that_started_it():
    parent = subprocess.Popen([sys.executable, "-c", STARTS_ANOTHER], stdout=subprocess.PIPE)
    assert parent.stdout.readline() == b"begun\n"
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert parent.stdout.read() == b""  # the pipe is closed once nobody holds its other end


@pytest.mark.parametrize("between", [[], ["sh", "-c", '"$0" "$@"; exit $?']], ids=["", "shell"])
def test_a_process_ends_with_one_that_was_gone_before_it_asked(between):
    parent = subprocess.Popen(
        [sys.executable, "-c", ENDS_BEFORE_IT_IS_ASKED.format(between=between)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout.readline() == b"started\n"
    parent.kill()
    parent.wait()
    parent.stdin.close()
    assert b"lived on" not in parent.stdout.read()


@pytest.mark.parametrize("started_by", ["its parent", "one further up", "not known"])
def test_a_process_goes_on_while_all_that_started_it_live(started_by):
    child = "import time; from dspant.alone import end_with_parent; end_with_parent(); "
    child += "time.sleep(1); print('lived on')"
    environment = {name: value for name, value in os.environ.items() if name != STARTED_BY}
    known = {"its parent": os.getpid(), "one further up": os.getppid()}
    if started_by in known:
        environment[STARTED_BY] = str(known[started_by])
    said = subprocess.check_output([sys.executable, "-c", child], env=environment)
    assert said == b"lived on\n"


def run_logged(log: Path, what: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LOGS.format(what=what), log]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_error_ends_its_log_and_the_job(tmp_path):
    log = tmp_path / "x.log"
    log.write_text("of the last time")
    done = run_logged(log, "raise ValueError('this went wrong')")
    lines = log.read_text().splitlines()
    assert done.returncode == 1
    assert "of the last time" not in lines[0]
    assert lines[-1] == "ValueError: this went wrong"


def test_an_error_is_shown_where_the_log_cannot_be_written(tmp_path):
    (tmp_path / "x.log").symlink_to("/dev/full")
    done = run_logged(tmp_path / "x.log", "raise ValueError('this went wrong')")
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("ValueError: this went wrong")
