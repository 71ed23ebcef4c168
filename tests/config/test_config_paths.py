"""The path grammar: no two files share a path, and none leaves its folder."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from hypothesis import assume, given
from hypothesis import strategies as st

from dspant.config.names import FOLDER_NAME, NODE_NAME
from dspant.config.paths import Paths
from dspant.dataset.folder import store_folder_name

folders = st.from_regex(FOLDER_NAME, fullmatch=True)
datasets = st.from_regex(NODE_NAME, fullmatch=True) | st.text(min_size=1).map(store_folder_name)


def every_path(paths: Paths, recording: str, dataset: str) -> list[str]:
    return [
        paths.data(dataset, recording),
        paths.metadata(dataset, recording),
        paths.provenance(dataset, recording),
        paths.block(recording),
        paths.report(recording),
        paths.experiment_report(),
        paths.log(f"node_{dataset}", recording),
        paths.log("ingest", recording),
        paths.experiment_log(),
        paths.benchmark("ingest", recording),
    ]


def test_paths_are_those_that_other_people_rely_on():
    assert every_path(Paths("demo"), "rec01", "mep") == [
        "results/demo/rec01/mep.ant/data_mep.parquet",
        "results/demo/rec01/mep.ant/metadata_mep.json",
        "results/demo/rec01/mep.ant/provenance_mep.json",
        "results/demo/rec01/block.json",
        "results/demo/rec01/report.html",
        "results/demo/report.html",
        "logs/demo/rec01/node_mep.log",
        "logs/demo/rec01/ingest.log",
        "logs/demo/report_experiment.log",
        "benchmarks/demo/rec01/ingest.tsv",
    ]
    assert Paths("demo").metadata("mep") == "results/demo/{recording}/mep.ant/metadata_mep.json"


@given(folders, folders, datasets)
def test_a_wildcard_filled_in_is_the_path_of_the_recording(experiment, recording, dataset):
    paths = Paths(experiment)

    assert paths.data(dataset).replace("{recording}", recording) == paths.data(dataset, recording)


@given(folders, folders, datasets)
def test_no_path_leaves_its_experiment(experiment, recording, dataset):
    for path in every_path(Paths(experiment), recording, dataset):
        parts = PurePosixPath(path).parts
        assert parts[0] in ("results", "logs", "benchmarks")
        assert parts[1] == experiment
        assert ".." not in parts


@given(folders, st.tuples(folders, datasets), st.tuples(folders, datasets))
def test_different_datasets_never_share_a_file(experiment, one, other):
    assume([part.casefold() for part in one] != [part.casefold() for part in other])
    paths = Paths(experiment)

    assert paths.data(one[1], one[0]).casefold() != paths.data(other[1], other[0]).casefold()


@given(st.text(min_size=1))
def test_cleaned_store_names_are_folders(name):
    cleaned = store_folder_name(name)

    assert re.fullmatch(r"[A-Za-z0-9_]+", cleaned)
    assert store_folder_name(cleaned) == cleaned
