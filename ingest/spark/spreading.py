"""Values out to the executors, one a task; what they answer, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from ingest.spark.tasks import each
from stormtrail.errors import StormtrailError

if TYPE_CHECKING:
    from pyspark import SparkContext

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def spread(context: SparkContext, work: Callable[[_In], _Out], values: Sequence[_In]) -> list[_Out]:
    """`work` of every value, a task each; raises what a task says that a person can mend."""
    if not values:
        return []
    answers = context.parallelize(values, len(values)).mapPartitions(each(work)).collect()
    found: list[_Out] = []
    for answer in answers:
        if isinstance(answer, StormtrailError):
            raise answer
        found.append(answer)
    return found
