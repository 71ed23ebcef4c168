"""CPU time of our own part of planning: what Snakemake asks of the library, without Snakemake."""

import sys
import time
from types import SimpleNamespace

start_s = time.process_time()

import yaml  # noqa: E402

from dspant.config import load_plan  # noqa: E402

FILE = "config/config.yaml"


def ask() -> None:
    """Load the plan, and ask for each recording what its rules ask for."""
    with open(FILE, encoding="utf-8") as file:  # noqa: PTH123
        plan = load_plan(yaml.safe_load(file), [FILE])
    plan.targets()
    plan.all_summaries()
    plan.all_pages()
    demands = [plan.ingest.demand, plan.report_demand, *(node.demand for node in plan.nodes)]
    for recording in plan.recordings:
        wildcards = SimpleNamespace(recording=recording)
        plan.ingest.raw_files(wildcards)
        plan.ingest.block_folder(wildcards)
        for demand in demands:
            demand.mem_mb(wildcards, 1)
            demand.runtime(wildcards, 1)


ask()
sys.stdout.write(f"{time.process_time() - start_s}\n")
