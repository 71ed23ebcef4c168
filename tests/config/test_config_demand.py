"""What jobs ask of a cluster: memory, time, and with which others they are submitted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dspant.config.blocks import block_facts
from dspant.config.demand import Demand
from dspant.config.plan import load_plan
from dspant.config.sheet import Row, Sheet
from dspant.config.submission import submission_group
from dspant.engine.memory import ingest_memory_mb


def of(recording: str) -> SimpleNamespace:
    return SimpleNamespace(recording=recording)


def sheet_of(**taken: str) -> Sheet:
    rows = [Row(line, {"recording": r, "mvc": t}) for line, (r, t) in enumerate(taken.items(), 2)]
    return Sheet("sheet.tsv", ("recording", "mvc"), tuple(rows))


def groups(sheet: Sheet) -> dict[str, str]:
    group = submission_group(sheet, ["mvc"])
    return {r: group if isinstance(group, str) else group(of(r)) for r in sheet.recordings}


@pytest.fixture(autouse=True)
def _sizes_are_read_again():
    block_facts.cache_clear()


def test_a_recording_that_takes_nothing_of_others_is_submitted_alone():
    assert submission_group(sheet_of(a="a", b="a"), []) == "recording"
    assert submission_group(sheet_of(a="a", b="b"), ["mvc"]) == "recording"


def test_recordings_that_share_a_reference_are_submitted_apart():
    assert len(set(groups(sheet_of(a="c", b="c", c="c")).values())) == 3
    assert len(set(groups(sheet_of(a="b", b="c", c="c")).values())) == 3


def test_recordings_in_a_ring_are_submitted_together():
    named = groups(sheet_of(a="b", b="c", c="a", d="a", e="e"))

    assert named["a"] == named["b"] == named["c"]
    assert len(set(named.values())) == 3


def test_a_job_tried_again_asks_for_more_and_the_overhead_is_added_once():
    demand = Demand(lambda _: None, lambda _: 500.0, lambda _: 90.0, overhead_mb=400)

    assert [demand.mem_mb(of("a"), attempt) for attempt in (1, 2, 3)] == [900, 1400, 1900]
    assert [demand.runtime(of("a"), attempt) for attempt in (1, 2, 3)] == [2, 4, 6]


def test_time_and_an_ingests_memory_grow_with_the_raw_files(house):
    block = house.root / "tank/rec01"
    with (block / "tank_rec01.tev").open("wb") as samples:
        samples.truncate(10 * 2**30)
    with (block / "tank_rec01.tsq").open("wb") as index:
        index.truncate(2**30)
    plan = house.load()
    of_both = [plan.ingest.demand, plan.nodes[0].demand, plan.report_demand]

    for demand in of_both:
        assert demand.runtime(of("rec01"), 1) > demand.runtime(of("rec02"), 1) >= 1
    ingest = plan.ingest.demand
    more_mb = ingest.mem_mb(of("rec01"), 1) - ingest.mem_mb(of("rec02"), 1)
    assert more_mb == pytest.approx(
        ingest_memory_mb({"RawG": 2}, 2**30) - ingest_memory_mb({"RawG": 2}), abs=1
    )
    assert more_mb > 1024


def test_what_a_profile_says_of_overhead_is_added_to_every_rule(house):
    import yaml

    config = yaml.safe_load(house.config.read_text(encoding="utf-8"))
    here, submitted = (load_plan(config, [house.config], overhead_mb=mb) for mb in (0, 400))

    def asked(plan):
        rules = (plan.ingest, *plan.nodes)
        demands = [rule.demand for rule in rules]
        demands += [plan.report_demand, plan.experiment_report_demand]
        return [demand.mem_mb(of("rec01"), 1) for demand in demands]

    assert asked(submitted) == [mb + 400 for mb in asked(here)]


def test_channels_and_rates_are_those_of_the_raw_block(tmp_path):
    import numpy as np

    from dspant.simulate.tdt_block import write_block
    from dspant.simulate.tdt_stores import EpocStore, StreamStore

    raw = np.zeros((6, 2048), dtype=np.float32)
    stream = StreamStore("RawG", raw, 24414.0625, chunk_samples=2048)
    events = EpocStore("Amp/", np.array([0.01]), np.array([1.0]))
    block = tmp_path / "tank" / "rec01"
    write_block(block, tank="tank", start_unix_s=1.7e9, streams=[stream], epocs=[events])

    facts = block_facts(block)

    assert facts.channels == {"RawG": 6}
    assert facts.rates_hz["RawG"] == pytest.approx(24414.0625)
    assert facts.sample_bytes >= raw.nbytes
    assert facts.index_bytes == next(block.glob("*.tsq")).stat().st_size


def test_a_damaged_settings_file_leaves_channels_and_rates_unknown(house):
    (house.root / "tank/rec01/tank_rec01.Tbk").write_bytes(b"\xff" * 1000)

    assert block_facts(house.root / "tank/rec01") == block_facts(house.root / "tank/rec02")
