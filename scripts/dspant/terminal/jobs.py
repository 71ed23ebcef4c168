"""The jobs of a run, as Snakemake and the plan know them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dspant.config.demand import Demand
from dspant.config.plan import Plan
from dspant.terminal.state import Job

SHORT_S = 60.0
"""Declared time in seconds of a job that nothing is known of."""


def jobs_of(dag: Any, plan: Plan) -> tuple[dict[int, Job], dict[int, Any]]:
    """All jobs that a run has to do, by number: as they are shown, and Snakemake's own."""
    theirs = {job.jobid: job for job in dag.needrun_jobs() if not job.is_norun}
    demands = _demands(plan)
    ours = {
        number: Job(
            rule=job.rule.name,
            recording=job.wildcards_dict.get("recording", ""),
            declared_s=_declared_s(demands, job),
            log=str(job.log[0]) if job.log else "",
            outputs=tuple(str(path) for path in job.output),
            below=tuple(below.jobid for below in dag.depending.get(job, ())),
        )
        for number, job in theirs.items()
    }
    return ours, theirs


def will_be_tried_again(job: Any) -> bool:
    """Whether Snakemake starts a job again that has just failed."""
    return job.restart_times > job.attempt - 1


def _demands(plan: Plan) -> dict[str, Demand]:
    nodes = {node.rule: node.demand for node in plan.nodes}
    return {
        "ingest": plan.ingest.demand,
        "report_recording": plan.report_demand,
        "report_experiment": plan.experiment_report_demand,
        **nodes,
    }


def _declared_s(demands: Mapping[str, Demand], job: Any) -> float:
    """Seconds that the plan allows for a job; to verify may take as long as to make."""
    rule = job.rule.name.removeprefix("verify_")
    demand = demands.get(f"node_{job.wildcards_dict['node']}" if rule == "node" else rule)
    if demand is None:
        return SHORT_S
    return demand.time_s(demand.facts(job.wildcards))
