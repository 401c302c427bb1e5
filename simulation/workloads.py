"""Ordinary work: which kinds there are, and what one arrival of each writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulation import function_recipes, people_recipes
from simulation.organization import Shape, Workload
from simulation.recipes import Recipe

RECIPES: Mapping[str, Callable[[Workload, Shape], Recipe]] = {
    "api_gateway": function_recipes.api_gateway,
    "user_invoked": function_recipes.user_invoked,
    "schedule": function_recipes.schedule,
    "upload": function_recipes.upload,
    "intruder": function_recipes.intruder,
    "queue": function_recipes.queue,
    "topic": function_recipes.topic,
    "states": function_recipes.states,
    "chain": function_recipes.chain,
    "application_log": function_recipes.application_log,
    "console": people_recipes.console,
    "user": people_recipes.user,
    "ci": people_recipes.ci,
    "instance": people_recipes.instance,
    "service_role": people_recipes.service_role,
}
"""Kinds of ordinary work, by the name that `Workload.kind` holds."""


def recipe(workload: Workload, shape: Shape) -> Recipe:
    """What an arrival of the workload writes."""
    return RECIPES[workload.kind](workload, shape)
