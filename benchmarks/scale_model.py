"""From measured points to where one machine and a cluster cross; and what a CPU-hour costs.

A run of n entries costs `fixed + slope * n` CPU-seconds, fitted by least squares. On one machine of
C cores it takes `fixed + slope * n / C` seconds; on a cluster of N cores the driver's whole cost,
one executor's start, and the executors' slope over N. So what cannot be shared out is counted in
full, and idle waiting not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

EMR_SERVERLESS_VCPU_HOUR_USD = 0.052624
EMR_SERVERLESS_GB_HOUR_USD = 0.0057785
GB_A_VCPU = 4
EC2_VCPU_HOUR_USD = 0.1008 / 2  # m7i.large: 2 vCPU, 8 GB
PRICES = (
    "us-east-1, on demand, from memory as of 2025 and not checked against a price list: EMR Serverless "
    f"(x86) {EMR_SERVERLESS_VCPU_HOUR_USD} USD a vCPU-hour and {EMR_SERVERLESS_GB_HOUR_USD} USD a GB-hour, "
    f"{GB_A_VCPU} GB a vCPU; EC2 m7i.large 0.1008 USD an hour for 2 vCPU"
)


@dataclass(frozen=True)
class Line:
    """CPU-seconds of n entries: `fixed + slope * n`."""

    fixed: float
    slope: float

    @classmethod
    def through(cls, points: Sequence[tuple[int, float]]) -> Line:
        """The least-squares line through (entries, CPU-seconds); neither part below 0."""
        entries, seconds = np.array(points, dtype=float).T
        if len(points) == 1:
            return cls(0.0, float(seconds[0] / entries[0]))
        slope, fixed = np.polyfit(entries, seconds, 1)
        return cls(max(0.0, float(fixed)), max(0.0, float(slope)))


@dataclass(frozen=True)
class Cluster:
    """A cluster's two lines: the driver's, and all executors' (measured with so many `workers`)."""

    driver: Line
    executors: Line
    workers: int

    def seconds(self, entries: float, cores: int) -> float:
        """How long so many entries take on so many executor cores."""
        start = self.driver.fixed + self.executors.fixed / self.workers
        return start + entries * (self.driver.slope + self.executors.slope / cores)


def crossing(machine: Line, cores: int, cluster: Cluster, executors: int) -> float | None:
    """Entries up to which one machine of `cores` is faster; None where it always is."""
    start = cluster.seconds(0, executors) - machine.fixed
    gain = machine.slope / cores - (cluster.seconds(1, executors) - cluster.seconds(0, executors))
    return max(0.0, start / gain) if gain > 0 else None


def emr_usd(cpu_seconds: float) -> float:
    """What so much work costs on EMR Serverless, every vCPU busy."""
    hour = EMR_SERVERLESS_VCPU_HOUR_USD + GB_A_VCPU * EMR_SERVERLESS_GB_HOUR_USD
    return cpu_seconds / 3600 * hour


def ec2_usd(cpu_seconds: float) -> float:
    """What so much work costs on one machine, every core busy."""
    return cpu_seconds / 3600 * EC2_VCPU_HOUR_USD
