"""Damaged blocks are read as they are, refused, or flagged; never as other numbers."""

from campaign import SEED, fuzz, make_subjects, one_case
from judge import AS_FILED, FLAGGED, REFUSAL, TRUTH

CASES = 4000


def test_every_damage_has_an_allowed_outcome(tmp_path):
    outcomes = fuzz(tmp_path, CASES)
    assert outcomes.total() == CASES
    assert set(outcomes) == {TRUTH, AS_FILED, REFUSAL, FLAGGED}


def test_whole_blocks_give_no_finding(tmp_path):
    for subject in make_subjects(tmp_path):
        for reading in subject.truths.values():
            assert reading.remarks == frozenset()


def test_a_case_is_told_by_its_number(tmp_path):
    subjects = make_subjects(tmp_path)
    first = [one_case(subjects, SEED, number) for number in range(20)]
    assert first == [one_case(subjects, SEED, number) for number in range(20)]
