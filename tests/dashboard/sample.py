"""Findings by hand, for logic that needs no store: a storm of three functions, and other work."""

from __future__ import annotations

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

START = datetime(2026, 1, 10, tzinfo=UTC)
END = START + timedelta(days=2)
ONSET = START + timedelta(hours=14, minutes=5)
CHANGED = START + timedelta(hours=14, minutes=3)

AUDIT, ARCHIVE, SIEM = "111111111111", "222222222222", "333333333333"
GROUP = f"arn:aws:logs:eu-west-1:{AUDIT}:log-group:organization-trail"
BUCKET = "arn:aws:s3:::trail-archive"


def function_arn(name: str, account: str, region: str = "eu-west-1") -> str:
    return f"arn:aws:lambda:{region}:{account}:function:{name}"


ROUTER = function_arn("router", AUDIT)
WRITER = function_arn("writer", ARCHIVE)
FORWARDER = function_arn("forwarder", SIEM)
THUMBNAILER = function_arn("thumbnailer", ARCHIVE, "us-east-1")


def log_function(
    arn: str, depth: int, invocations: int, callers: tuple[str, ...] = (), *, in_loop: bool = True
) -> LogFunction:
    _, _, _, region, account, *_ = arn.split(":")
    source = GROUP if in_loop else BUCKET
    trigger = Trigger("cloudwatch_logs", source) if depth == 1 else Trigger("function", callers[0])
    return LogFunction(
        arn=arn,
        account=account,
        region=region,
        depth=depth,
        sources=(source,),
        callers=callers,
        triggers=(trigger if in_loop else Trigger("sqs", None),),
        invocations=invocations,
        entries=2 * invocations,
        entries_per_invocation=2.0,
        batch_size=1.0 if in_loop else 12.0,
        in_loop=in_loop,
        first_seen=CHANGED,
        last_seen=END,
        active=True,
    )


LOOP = Loop(
    id="loop-1",
    sources=(GROUP,),
    functions=(ROUTER, WRITER, FORWARDER),
    accounts=(AUDIT, ARCHIVE, SIEM),
    spectral_radius=1.02,
    spectral_radius_interval=(0.99, 1.05),
    state="sustained",
    amplification=None,
    entries=1_100_000,
    share_of_entries=0.89,
    doubling_minutes=None,
    onset=ONSET,
    cause=Cause(
        event_id="event-1",
        event_name="PutSubscriptionFilter",
        event_time=CHANGED,
        actor=f"arn:aws:sts::{AUDIT}:assumed-role/Admin/alice",
        source_ip="203.0.113.5",
        confidence=0.93,
    ),
)

STORM = Findings(
    window=Window(START, END),
    entries=Entries(
        total=1_234_567,
        accounts=(AUDIT, ARCHIVE, SIEM),
        regions=("eu-west-1", "us-east-1"),
        second_order=1_130_000,
        second_order_share=0.9153,
    ),
    sources=(
        Source(
            arn=GROUP,
            kind="cloudwatch_logs",
            account=AUDIT,
            region="eu-west-1",
            fed_by=(FedBy("organization", (AUDIT, ARCHIVE, SIEM), ("Data", "Management")),),
            link="recorded",
            link_confidence=1.0,
            entries_delivered=1_200_000,
            second_order_entries=1_100_000,
            invocations=600_000,
            s=6.0,
            s_interval=(5.9, 6.1),
            s_invocations=3.0,
            s_invocations_interval=(2.9, 3.1),
            feedback={GROUP: 1.02},
            delivery_delay_seconds=191.0,
            loop="loop-1",
        ),
        Source(
            arn=BUCKET,
            kind="s3",
            account=ARCHIVE,
            region="us-east-1",
            entries_delivered=9_000,
            second_order_entries=900,
            invocations=450,
            s=0.1,
            s_interval=(0.08, 0.13),
            s_invocations=0.05,
            s_invocations_interval=None,
        ),
    ),
    functions=(
        log_function(ROUTER, 1, 300_000),
        log_function(WRITER, 2, 200_000, (ROUTER,)),
        log_function(FORWARDER, 3, 60_000, (WRITER,)),
        log_function(THUMBNAILER, 1, 450, in_loop=False),
    ),
    chains=(
        Chain(GROUP, (ROUTER, WRITER, FORWARDER), (AUDIT, ARCHIVE, SIEM), 60_000, ("event-2",)),
    ),
    loops=(LOOP,),
    anomalies=(
        Anomaly(
            "rate_change", ROUTER, Window(ONSET, END), 8.3, "Runs rose from 3 to 240.", ("event-2",)
        ),
        Anomaly(
            "new_caller", ARCHIVE, Window(START, ONSET), 2.1, "A role made its first 31 calls."
        ),
    ),
    cost=Cost(
        price_book="us-east-1 2026-04",
        window_usd=830.0,
        monthly_usd=12_450.0,
        second_order_monthly_usd=11_300.0,
        by_component={"cloudtrail_data_events": 10_100.0, "lambda_requests": 1_200.0},
        by_function={ROUTER: 6_000.0, WRITER: 4_000.0, FORWARDER: 1_300.0},
    ),
    recommendations=(
        Recommendation(
            function=ROUTER,
            source=GROUP,
            relieves=(WRITER, FORWARDER),
            action="move_behind_kinesis",
            why="It takes one entry a run.",
            batch=Batch(1000, 60, 2),
            s_before=6.0,
            s_after=0.006,
            spectral_radius_after=0.006,
            monthly_usd_before=11_300.0,
            monthly_usd_after=91.0,
            monthly_saving_usd=11_209.0,
        ),
    ),
)

CALM = Findings(
    window=Window(START, END),
    entries=Entries(
        total=50_000, accounts=(AUDIT,), regions=("eu-west-1",), second_order_share=0.0
    ),
)
