"""Findings made by hand: the articles' storm, a quiet store, and one full of hostile strings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from analytics.findings import (
    Anomaly,
    Batch,
    Cause,
    Chain,
    Cost,
    Entries,
    FedBy,
    Findings,
    LogFunction,
    Loop,
    Recommendation,
    Source,
    Trigger,
    Window,
)
from reports.svg import Bucket, Mark
from reports.timeline import Timeline

START = datetime(2026, 1, 12, tzinfo=UTC)
ONSET = START + timedelta(hours=12)
END = START + timedelta(days=1)
GROUP = "arn:aws:logs:eu-west-1:111111111111:log-group:organization-trail"
ROUTER = "arn:aws:lambda:eu-west-1:111111111111:function:log-router"
ARCHIVER = "arn:aws:lambda:eu-west-1:222222222222:function:central-log-archiver"
FEEDER = "arn:aws:lambda:eu-west-1:222222222222:function:siem-feeder"
ADMIN = "arn:aws:sts::111111111111:assumed-role/PlatformAdmin/dana"
HOSTILE = '<script>alert(1)</script>=cmd|"\x1b]0;owned\x07\x1b[31mred\u202egnp.exe'


def _function(arn: str, depth: int, callers: tuple[str, ...]) -> LogFunction:
    return LogFunction(
        arn=arn,
        account=arn.split(":")[4],
        region="eu-west-1",
        depth=depth,
        sources=(GROUP,),
        callers=callers,
        triggers=() if callers else (Trigger("cloudwatch_logs", GROUP),),
        invocations=61_200,
        entries=122_400,
        entries_per_invocation=2.0,
        batch_size=1.0,
        in_loop=True,
        first_seen=ONSET,
        last_seen=END,
        active=True,
    )


STORM = Findings(
    window=Window(START, END),
    entries=Entries(
        total=275_999,
        accounts=("111111111111", "222222222222", "333333333333"),
        regions=("eu-west-1",),
        second_order=247_000,
        second_order_share=0.8949,
    ),
    sources=(
        Source(
            arn=GROUP,
            kind="cloudwatch_logs",
            account="111111111111",
            region="eu-west-1",
            fed_by=(FedBy("org-trail", ("111111111111",), ("Data", "Management")),),
            link="recorded",
            link_confidence=1.0,
            entries_delivered=61_200,
            second_order_entries=183_600,
            invocations=61_200,
            s=3.0,
            s_interval=(2.96, 3.05),
            s_invocations=1.0,
            s_invocations_interval=(0.99, 1.01),
            feedback={GROUP: 1.0},
            delivery_delay_seconds=200.0,
            loop="loop-1",
        ),
    ),
    functions=(
        _function(ROUTER, 1, ()),
        _function(ARCHIVER, 2, (ROUTER,)),
        _function(FEEDER, 3, (ARCHIVER,)),
    ),
    chains=(
        Chain(
            GROUP, (ROUTER, ARCHIVER, FEEDER), ("111111111111", "222222222222"), 61_200, ("e-1",)
        ),
    ),
    loops=(
        Loop(
            id="loop-1",
            sources=(GROUP,),
            functions=(ROUTER,),
            accounts=("111111111111",),
            spectral_radius=1.0,
            spectral_radius_interval=(0.98, 1.02),
            state="sustained",
            amplification=None,
            entries=122_400,
            share_of_entries=0.443,
            doubling_minutes=None,
            onset=ONSET,
            cause=Cause("c-1", "PutSubscriptionFilter", ONSET, ADMIN, "203.0.113.7", 0.97),
            evidence=("e-1", "e-2"),
        ),
    ),
    anomalies=(
        Anomaly(
            "burst",
            ROUTER,
            Window(ONSET, ONSET + timedelta(hours=1)),
            8.2,
            "61 times its usual runs in this hour",
            ("e-3",),
        ),
    ),
    cost=Cost(
        price_book="us-east-1 2026-04",
        window_usd=31.2,
        monthly_usd=1840.0,
        second_order_monthly_usd=1660.0,
        by_component={"CloudTrail data events": 310.0, "Lambda": 290.5, "SIEM": 1239.5},
        by_function={ROUTER: 420.0, ARCHIVER: 610.0, FEEDER: 630.0},
        assumptions=("a run takes 200 ms at 128 MB", "the SIEM takes 1.00 USD a GB"),
    ),
    recommendations=(
        Recommendation(
            function=ROUTER,
            source=GROUP,
            relieves=(ARCHIVER, FEEDER),
            action="move_behind_kinesis",
            why="It runs once for every entry, 43 times a minute.",
            batch=Batch(2_000, 60, 1),
            s_before=3.0,
            s_after=0.012,
            spectral_radius_after=0.004,
            monthly_usd_before=1660.0,
            monthly_usd_after=31.0,
            monthly_saving_usd=1629.0,
            evidence=("e-1",),
        ),
    ),
    notes=("All links are recorded in the archive.",),
)

QUIET = Findings(window=Window(START, END), entries=Entries(total=12, second_order_share=0.0))

EMPTY = Findings(window=Window(None, None), entries=Entries())


def hostile() -> Findings:
    """The storm with hostile text wherever a record's text can come in."""
    loop, source, router = STORM.loops[0], STORM.sources[0], STORM.functions[0]
    cause = Cause(HOSTILE, HOSTILE, ONSET, HOSTILE, HOSTILE, 0.9)
    return replace(
        STORM,
        entries=replace(STORM.entries, accounts=(HOSTILE,), regions=(HOSTILE,)),
        sources=(replace(source, arn=HOSTILE, kind=HOSTILE),),
        functions=(replace(router, arn=HOSTILE, callers=(HOSTILE,)),),
        chains=(Chain(HOSTILE, (HOSTILE,), (HOSTILE,), 1, (HOSTILE,)),),
        loops=(replace(loop, sources=(HOSTILE,), functions=(HOSTILE,), cause=cause),),
        anomalies=(Anomaly(HOSTILE, HOSTILE, STORM.window, 1.0, HOSTILE, (HOSTILE,)),),
        cost=replace(STORM.cost, by_function={HOSTILE: 1.0}, by_component={HOSTILE: 2.0}),
        recommendations=(replace(STORM.recommendations[0], function=HOSTILE, why=HOSTILE),),
        notes=(HOSTILE,),
    )


def a_day() -> Timeline:
    """Five-minute buckets: a flat day, and from the onset on as much again many times."""
    width = timedelta(minutes=5)
    buckets = tuple(
        Bucket(START + i * width, 100 + i % 7, 900 + 3 * i if i >= 144 else 0) for i in range(288)
    )
    return Timeline(buckets, "5 minutes", (Mark(ONSET, "storm begins"),))
