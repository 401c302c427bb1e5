"""Writes a simulation as a CloudTrail archive: the real keys, `{"Records":[...]}`, gzip."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from pathlib import Path

import numpy as np
from isal import igzip

from simulation import ids
from simulation.delivery import Delivery
from simulation.organization import Organization
from simulation.run import Simulation

_LEVEL = 1


def write_archive(simulation: Simulation, folder: Path) -> Path:
    """Writes every file below `folder` (made if absent) and returns it.

    Keys are `[prefix/]AWSLogs/[o-x/]ACCOUNT/CloudTrail/REGION/Y/M/D/NAME.json.gz`, one file for
    each account, region and slot of five minutes.
    """
    delivery = simulation.delivery
    texts = simulation.texts(delivery.rows)
    made: set[Path] = set()
    for key, size in zip(keys(simulation), np.diff(delivery.starts).tolist(), strict=True):
        path = folder / key
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        content = b'{"Records":[' + b",".join(islice(texts, size)) + b"]}"
        path.write_bytes(igzip.compress(content, _LEVEL, mtime=0))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keys(simulation: Simulation) -> list[str]:
    """The key of each file, in the order of `Delivery.starts`."""
    delivery, organization = simulation.delivery, simulation.organization
    files = np.arange(len(delivery.starts) - 1, dtype=np.int64)
    names = ids.file_names(simulation.space, files)
    return [
        _key(organization, delivery, int(start), name)
        for start, name in zip(delivery.starts[:-1].tolist(), names, strict=True)
    ]


def _key(organization: Organization, delivery: Delivery, first: int, name: str) -> str:
    archiving = organization.archiving
    slot = organization.start + timedelta(seconds=float(delivery.slots[first]))
    account = delivery.accounts[int(delivery.account[first])]
    region = delivery.regions[int(delivery.region[first])]
    parts = [archiving.prefix, "AWSLogs", archiving.organization_id, account, "CloudTrail", region]
    folder = "/".join(part for part in parts if part)
    return (
        f"{folder}/{slot:%Y/%m/%d}/{account}_CloudTrail_{region}_{slot:%Y%m%dT%H%MZ}_{name}.json.gz"
    )
