"""How much memory the jobs of each rule ask for, as pages tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dspant.config.demand import Demand
from dspant.config.plan import Plan, load_plan
from dspant.config.verification import without_choice
from dspant.errors import ConfigError, DspantError


@dataclass(frozen=True)
class _Of:
    """Wildcards of a recording's jobs."""

    recording: str


def asked_memory_mb(plan: Plan) -> dict[str, int]:
    """Memory in MB by rule, for the recording that asks for most, in a first attempt.

    What a profile adds for the processes around a job on a cluster is left out, and so are
    recordings whose raw files cannot be read any more.
    """
    demands = {
        "ingest": plan.ingest.demand,
        **{node.rule: node.demand for node in plan.nodes},
        "report_recording": plan.report_demand,
    }
    found = {
        rule: [mb for recording in plan.recordings if (mb := _memory_mb(demand, recording))]
        for rule, demand in demands.items()
    }
    return {rule: max(each) for rule, each in found.items() if each}


def asked_by(config: Mapping[str, Any]) -> dict[str, int]:
    """The same out of a config; empty where it no longer holds, as where raw files are gone."""
    try:
        return asked_memory_mb(load_plan(without_choice(config)))
    except ConfigError:
        return {}


def _memory_mb(demand: Demand, recording: str) -> int | None:
    try:
        return demand.mem_mb(_Of(recording), 1) - demand.overhead_mb
    except (OSError, DspantError):
        return None
