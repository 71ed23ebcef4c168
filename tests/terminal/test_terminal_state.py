"""Where a run stands, the line that tells it, and the last words."""

from __future__ import annotations

from pathlib import Path

import pytest

from dspant.terminal.ending import Place, ending
from dspant.terminal.state import Job, Run
from dspant.terminal.view import progress_line

PLACE = Place("results/lab/report.html")


def chain(recordings: int = 2) -> dict[int, Job]:
    """Of each recording an ingest and a node after it; then the page."""
    jobs = {}
    last = 2 * recordings
    for n in range(recordings):
        name, made = f"rat{n:02}", f"results/lab/rat{n:02}"
        raw, node = f"{made}/Raw.ant/provenance_Raw.json", f"{made}/env.ant/provenance_env.json"
        jobs[2 * n] = Job("ingest", name, 60, outputs=(raw,), below=(2 * n + 1,))
        jobs[2 * n + 1] = Job("node_env", name, 60, outputs=(node,), below=(last,))
    jobs[last] = Job("report_experiment", "", 60, outputs=(PLACE.page,))
    return jobs


def finished(run: Run, *numbers: int) -> Run:
    for number in numbers:
        run.begin(number, 0.0)
        run.finish(number, 1.0)
    return run


def said(run: Run, *, page: bool = False, errors: bool = False) -> list[str]:
    return ending(run, PLACE, 80.0, page_is_new=page, told_errors=errors)


def test_what_a_failed_job_keeps_from_running_is_not_waited_for():
    run = Run(chain(), 0.0)
    run.begin(0, 0.0)
    run.fail(0, "GapError")

    assert run.waiting() == [2, 3]
    run.begin(0, 5.0)  # tried again
    assert run.waiting() == [1, 2, 3, 4]


def test_a_job_that_passed_at_its_second_attempt_did_not_fail():
    run = Run(chain(1), 0.0)
    run.begin(0, 0.0)
    run.try_again(0)
    finished(run, 0, 1, 2)

    assert run.complete
    assert run.failed == {}


def test_a_good_run_ends_with_what_was_made_and_where_to_look():
    run = finished(Run(chain(), 0.0), *range(5))
    run.made, run.put_back = 3, 1

    assert said(run) == [
        "Done in 1 min 20 s: 3 new datasets of 2 recordings, 1 put back as before.",
        "Open results/lab/report.html",
    ]


def test_a_run_to_a_node_names_the_folder():
    jobs = chain(1)
    del jobs[2]
    run = finished(Run(jobs, 0.0), 0, 1)
    run.made = 2

    assert said(run)[-1] == "Results are in results/lab"


@pytest.mark.parametrize(("recordings", "words"), [(1, "1 dataset"), (3, "3 datasets")])
def test_a_verification_ends_with_what_was_compared(
    tmp_path: Path, recordings: int, words: str
) -> None:
    table = tmp_path / "verification.tsv"
    rows = [f"rat{n:02}\tenv\tequal" for n in range(recordings)]
    table.write_text("\n".join(["recording\tdataset\tresult", *rows]) + "\n")
    jobs = {n: Job("verify_node", f"rat{n:02}", 60, below=(9,)) for n in range(recordings)}
    run = finished(Run(jobs | {9: Job("verify", "", 60)}, 0.0), *jobs, 9)
    place = Place(PLACE.page, str(table))
    last = ending(run, place, 80.0, page_is_new=False, told_errors=False)

    assert last[0].startswith(f"Done in 1 min 20 s: {words} made again, ")
    assert last[0].endswith("equal to what is there.")
    assert last[1:] == [f"What was compared: {table}"]


def test_a_verification_beside_other_work_is_told_with_it(tmp_path: Path) -> None:
    table = tmp_path / "verification.tsv"
    table.write_text("recording\tdataset\tresult\nrat00\tRaw\tequal\nrat00\tenv\tequal\n")
    run = Run(chain(1) | {9: Job("verify", "", 60)}, 0.0)
    run = finished(run, 0, 1, 2, 9)
    run.made = 2

    last = ending(run, Place(PLACE.page, str(table)), 80.0, page_is_new=True, told_errors=False)
    assert last == [
        "Done in 1 min 20 s: 2 new datasets of 1 recording; 2 datasets made again, all equal to "
        "what is there.",
        "Open results/lab/report.html",
        f"What was compared: {table}",
    ]


def test_a_failed_run_ends_with_one_line_to_act_on():
    run = finished(Run(chain(), 0.0), 2, 3)
    run.begin(0, 0.0)
    run.fail(0, "GapError")

    assert said(run) == [
        "1 job failed (rat00), 2 of 5 jobs are done. Mend what is named above, then run the same "
        "command: it goes on from here."
    ]
    assert said(run, page=True)[0] == "What there is so far: results/lab/report.html"


def test_a_run_that_was_stopped_goes_on_with_the_same_command():
    run = finished(Run(chain(), 0.0), 2, 3)

    assert said(run) == ["Stopped: 2 of 5 jobs are done. The same command goes on from here."]
    assert "Mend what is named above" in said(run, errors=True)[-1]


def test_of_many_failed_recordings_a_few_are_named():
    run = Run(chain(6), 0.0)
    for n in range(6):
        run.fail(2 * n, "GapError")

    assert "6 jobs failed (rat00, rat01 and 4 more), 0 of 13 jobs" in said(run)[-1]


@pytest.mark.parametrize("width", [10, 20, 30, 40, 60, 80, 200])
def test_the_line_never_wraps(width):
    run = finished(Run(chain(20), 0.0), 0)
    for number in (1, 2, 4, 6, 8):
        run.begin(number, 0.0)

    line = progress_line(run, {2: 0.4}, "about 2 min left", width)

    assert len(line) < width
    if width >= 40:
        assert line.startswith("[1/41] ")
        assert line.endswith("about 2 min left")


def test_the_line_tells_what_runs_and_how_far_it_is():
    run = finished(Run(chain(4), 0.0), 0)
    for number in (1, 2, 4):
        run.begin(number, 0.0)
    run.fail(6, "GapError")

    line = progress_line(run, {2: 0.4, 4: None}, "about 2 min left", 100)

    assert line == ("[1/9, 1 failed] node_env rat00 · ingest rat01 40 %, rat02   about 2 min left")


def test_of_many_recordings_some_are_named():
    run = Run(chain(50), 0.0)
    for number in range(0, 100, 2):
        run.begin(number, 0.0)

    assert progress_line(run, {}, "", 100) == "[0/101] ingest rat00, rat01, rat02 and 47 more"


def test_of_a_submission_the_recording_is_named_and_no_job_in_it():
    run = Run(chain(2), 0.0)
    for number in range(4):
        run.begin(number, 0.0, submitted=True)

    assert progress_line(run, {}, "", 100) == "[0/5] submitted rat00, rat01"
    finished(run, 0, 1, 2, 3)
    assert progress_line(run, {}, "soon", 100) == "[4/5]   soon"
