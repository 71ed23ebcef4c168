"""The time left: against runs played through second by second, whose end is known."""

from __future__ import annotations

import heapq
import math

import pytest

from dspant.terminal.estimate import FIRST_WORD_S, Work, seconds_left
from dspant.terminal.words import duration, time_left

SLOW_MACHINE = 30.0
"""How many times longer jobs are declared than they take."""


def play(true_s: list[tuple[str, float]], workers: int):
    """Jobs in order on so many workers: yields the time, and what is done, running and waiting."""
    free = [0.0] * workers
    spans = []
    for rule, seconds in true_s:
        begin = heapq.heappop(free)
        heapq.heappush(free, begin + seconds)
        spans.append((rule, begin, begin + seconds))
    end = max(stop for _, _, stop in spans)
    for now in range(1, math.ceil(end)):
        done, running, waiting = [], [], []
        for rule, begin, stop in spans:
            declared_s = SLOW_MACHINE * (stop - begin)
            if stop <= now:
                done.append(Work(rule, declared_s, stop - begin, 1.0))
            elif begin <= now:
                running.append(Work(rule, declared_s, now - begin))
            else:
                waiting.append(Work(rule, declared_s))
        yield now, end - now, seconds_left(done, running, waiting, now)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_what_is_left_is_told_to_within_a_third_or_one_jobs_length(workers):
    jobs = [(rule, s) for _ in range(20) for rule, s in (("ingest", 4.0), ("node_a", 10.0))]
    told = list(play(jobs, workers))
    half = told[-1][0] / 2

    for now, true_s, left_s in told:
        if now >= half:
            assert left_s == pytest.approx(true_s, rel=1 / 3, abs=10.0)


def test_nothing_is_said_in_the_first_seconds_nor_before_anything_is_known():
    quick, more = Work("ingest", 60, 1.0, 1.0), [Work("ingest", 60)] * 10

    assert seconds_left([quick] * 3, [], more, FIRST_WORD_S - 1) is None
    assert seconds_left([], [Work("ingest", 60, 100.0)], more, 100.0) is None
    assert seconds_left([quick], [], [Work("ingest", 60)] * 1000, 100.0) is None
    assert seconds_left([], [], [], 100.0) is None


def test_a_running_job_that_tells_its_share_is_enough():
    alone = Work("ingest", 600, 30.0, 0.25)

    assert seconds_left([], [alone], [], 30.0) == pytest.approx(90.0)
    assert seconds_left([], [alone], [Work("ingest", 600)], 30.0) == pytest.approx(210.0)


def test_a_rule_is_as_fast_as_its_own_jobs_were():
    done = [Work("fast", 60, 1.0, 1.0), Work("slow", 60, 59.0, 1.0)]

    only_fast = seconds_left(done, [], [Work("fast", 60)] * 10, 60.0)
    only_slow = seconds_left(done, [], [Work("slow", 60)] * 10, 60.0)

    assert only_fast == pytest.approx(10.0)
    assert only_slow == pytest.approx(590.0)


def test_the_longest_running_job_is_waited_for():
    done = [Work("short", 10, 10.0, 1.0)] * 30
    running = [Work("long", 600, 60.0, 0.1), *[Work("short", 10, 1.0)] * 3]

    assert seconds_left(done, running, [], 100.0) == pytest.approx(540.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (80, "1 min 20 s"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_durations_in_words(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5, "less than a minute left"),
        (75, "about 1 min left"),
        (100, "about 2 min left"),
        (1500, "about 25 min left"),
        (1630, "about 25 min left"),
        (7199, "about 2 h left"),
        (9500, "about 2 h 30 min left"),
        (50000, "about 14 h left"),
        (100000, "about 1 d 4 h left"),
    ],
)
def test_time_left_no_finer_than_it_is_known(seconds, text):
    assert time_left(seconds) == text
