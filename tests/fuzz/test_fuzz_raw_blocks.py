"""Damaged blocks are read as they are, refused, or flagged; never as other numbers."""

from random import Random

from campaign import SEED, fuzz, make_subjects, one_case
from judge import AS_FILED, FLAGGED, REFUSAL, TRUTH, read_damaged
from readings import Reading

from dspant.readers import blockwise

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


def test_a_reading_does_not_depend_on_the_parts_in_which_an_index_is_gone_through(
    tmp_path, monkeypatch
):
    subjects = make_subjects(tmp_path)
    for number in range(400):
        found = []
        for values in (1, 7, 2**15):
            monkeypatch.setattr(blockwise, "BLOCK_VALUES", values)
            _, _, reading = read_damaged(subjects[number % len(subjects)], Random(number))
            found.append(_told(reading))
        assert found[0] == found[1] == found[2], number


def _told(found):
    if isinstance(found, Reading):
        return repr(found.stores), sorted(found.remarks)
    return type(found), str(found)
