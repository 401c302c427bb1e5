"""S3's data entries by bucket, where a trail's selectors or a rule's pattern name buckets and the bucket is known.

Of CloudTrail's own deliveries and of functions' calls the bucket is counted; of other calls it is not: those
stay in a cell without a resource. A selector that names objects within a bucket leaves its calls there too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analytics import arns, divided
from analytics.divided import Asker, Asks
from analytics.feeds import cells
from analytics.rollup_data import RollupData
from analytics.series import Floats

SERVICE = "s3.amazonaws.com"
BUCKET_OF_CALL, BUCKET_OF_DELIVERY = 7, 4  # places in the counts' keys

Keys = tuple[list[int], list[int]]  # of the calls, of the deliveries


def told_apart(data: RollupData, askers: Sequence[Asker]) -> RollupData:
    """The rollups with each S3 cell that a trail or rule does not match as a whole divided by bucket."""
    if not askers:
        return data
    parts: dict[int, divided.Shares] = {}
    keys: dict[tuple[int, str], Keys] = {}
    for at, kind in enumerate(cells(data.traffic)):
        if (kind.category, kind.event_source) != ("Data", SERVICE):
            continue
        if asked := divided.asking(askers, [kind]):
            known = _known(data, at, arns.partition(kind.region), asked)
            names = divided.alike(known, asked, [kind])
            groups: dict[str, Keys] = {}
            for resource, (calls, deliveries) in known.items():
                mine = groups.setdefault(names[resource], ([], []))
                mine[0].extend(calls)
                mine[1].extend(deliveries)
            if groups:
                parts[at] = {name: _share(data, at, mine) for name, mine in groups.items()}
            keys |= {(at, name): mine for name, mine in groups.items()}
    if not parts:
        return data
    traffic, places = divided.divide(data.traffic, parts)
    call_cells, delivery_cells = data.call_cells.copy(), data.delivery_cells.copy()
    for part, (calls, deliveries) in keys.items():
        call_cells[calls] = places[part]
        delivery_cells[deliveries] = places[part]
    return replace(data, traffic=traffic, call_cells=call_cells, delivery_cells=delivery_cells)


def _known(data: RollupData, at: int, partition: str, asked: Sequence[Asks]) -> dict[str, Keys]:
    """The calls and deliveries of a cell by the ARN that their objects' begin with."""
    found: dict[str, Keys] = defaultdict(lambda: ([], []))
    for number, (counts, places, bucket) in enumerate(
        (
            (data.calls, data.call_cells, BUCKET_OF_CALL),
            (data.deliveries, data.delivery_cells, BUCKET_OF_DELIVERY),
        )
    ):
        for key in np.flatnonzero(places == at):
            if name := counts.keys[key][bucket]:
                found[f"arn:{partition}:s3:::{name}/"][number].append(int(key))
    return {
        resource: keys
        for resource, keys in found.items()
        if not any(chosen.looks_inside(resource) for chosen in asked)
    }


def _share(data: RollupData, at: int, keys: Keys) -> Floats:
    """The part of a cell's entries, a minute, that these calls and deliveries are."""
    own = sum(
        counts.series("entries", counts.only(mine))
        for counts, mine in zip((data.calls, data.deliveries), keys, strict=True)
    )
    whole = data.traffic.series("entries", data.traffic.only([at]))
    return np.asarray(np.minimum(own / np.maximum(whole, 1e-9), 1.0))
