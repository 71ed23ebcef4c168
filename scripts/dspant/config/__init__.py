"""The experiment's config: what a lab writes, checked before any job."""

from dspant.config.plan import Plan, load_plan
from dspant.config.steps import resolve_steps

__all__ = ["Plan", "load_plan", "resolve_steps"]
