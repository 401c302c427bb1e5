"""Ordinary work by functions.

None of it is log processing, though much of it looks alike: functions started by services, by
each other, by queues, even by the log group of an application.
"""

from __future__ import annotations

from simulation import identities, records
from simulation.organization import S3, Call, Function, Shape, Workload
from simulation.recipes import CLI, SDK, Recipe, Step, address, api


def _function(workload: Workload, suffix: str = "") -> Function:
    return Function(workload.name + suffix, workload.account, workload.region)


def _async(workload: Workload, host: str, arn: str, shape: Shape, *, retries: float) -> Recipe:
    function = _function(workload)
    accept = records.service_start(function, host, arn, workload.account, shape)
    execute = records.execution(function, shape, ran=True)
    again = Step(execute, 61.0, retries, 0)
    return Recipe((Step(accept, 0.0, 1.0, 0), Step(execute, 0.4, 1.0, 0), again))


def _arn(workload: Workload, service: str, rest: str) -> str:
    return f"arn:aws:{service}:{workload.region}:{workload.account}:{rest}"


def schedule(workload: Workload, shape: Shape) -> Recipe:
    """A rule runs a function by the clock."""
    arn = _arn(workload, "events", f"rule/{workload.name}-schedule")
    return _async(workload, "events.amazonaws.com", arn, shape, retries=0.01)


def topic(workload: Workload, shape: Shape) -> Recipe:
    """A topic starts a function."""
    arn = _arn(workload, "sns", f"{workload.name}-topic")
    return _async(workload, "sns.amazonaws.com", arn, shape, retries=0.005)


def application_log(workload: Workload, shape: Shape) -> Recipe:
    """An application's log group starts a function: no entries pass here."""
    star = ":*" if shape.star else ""
    arn = _arn(workload, "logs", f"log-group:/app/{workload.name}{star}")
    return _async(workload, shape.logs_host, arn, shape, retries=0.0)


def upload(workload: Workload, shape: Shape) -> Recipe:
    """An upload starts a function by a bucket notification."""
    bucket = f"{workload.name}-uploads-{workload.account[-4:]}"
    caller = identities.role(workload.account, "web-tier", "i-0a1b2c3d4e5f60718", "10.0.3.14", SDK)
    put = Call("s3.amazonaws.com", "PutObject", S3, f"{bucket}/incoming")
    started = _async(workload, "s3.amazonaws.com", f"arn:aws:s3:::{bucket}", shape, retries=0.01)
    late = tuple(Step(s.template, s.offset + 1.2, s.chance, s.run) for s in started.steps)
    return Recipe((Step(api(workload, caller, put, shape)), *late))


def api_gateway(workload: Workload, shape: Shape) -> Recipe:
    """A request runs a function behind an API."""
    function = _function(workload)
    arn = _arn(workload, "execute-api", f"a1b2c3d4e5/prod/POST/{workload.name}")
    parameters: dict[str, object] = {"functionName": function.arn}
    if shape.source_arn:
        parameters["sourceArn"] = arn
    caller = identities.service("apigateway.amazonaws.com")
    start = records.run(function, caller, "Invoke", parameters, shape, ran=True)
    busy = records.run(function, caller, "Invoke", parameters, shape, ran=False)
    return Recipe((Step(start, 0.0, 0.995, 0), Step(busy, 0.0, 0.004, 1)))


def user_invoked(workload: Workload, shape: Shape) -> Recipe:
    """Someone runs a function by hand or script."""
    caller = identities.user(workload.account, "batch-operator", address(workload), CLI)
    start = records.call_start(
        _function(workload), caller, "RequestResponse", shape, ran=True, recipient=None
    )
    return Recipe((Step(start, run=0),))


def intruder(workload: Workload, shape: Shape) -> Recipe:
    """A caller that was never there before runs a function."""
    caller = identities.user(workload.account, "svc-legacy-backup", "203.0.113.250", CLI)
    start = records.call_start(
        _function(workload), caller, "RequestResponse", shape, ran=True, recipient=None
    )
    return Recipe((Step(start, run=0),))


def queue(workload: Workload, shape: Shape) -> Recipe:
    """A function takes from a queue of orders."""
    arn = _arn(workload, "sqs", f"{workload.name}-queue")
    return Recipe((Step(records.mapping_start(_function(workload), arn, shape, ran=True), run=0),))


def states(workload: Workload, shape: Shape) -> Recipe:
    """A state machine runs three functions in turn."""
    session = "wozynIhxRGfTvfRlXhHKONdyrIaAmRyN"
    names = ("-validate", "-charge", "-notify")
    starts = (
        records.role_start(
            _function(workload, name), f"{workload.name}-states", session, "states.amazonaws.com",
            shape, ran=True,
        )
        for name in names
    )  # fmt: skip
    return Recipe(tuple(Step(start, 1.5 * i, 1.0, i) for i, start in enumerate(starts)))


def chain(workload: Workload, shape: Shape) -> Recipe:
    """A function behind an API calls another."""
    first, second = _function(workload, "-front"), _function(workload, "-back")
    arn = _arn(workload, "execute-api", f"f9e8d7c6b5/prod/GET/{workload.name}")
    parameters: dict[str, object] = {"functionName": first.arn, "sourceArn": arn}
    gateway = identities.service("apigateway.amazonaws.com")
    start = records.run(
        first, gateway, "Invoke", parameters if shape.source_arn else None, shape, ran=True
    )
    caller = identities.function(first, shape)
    nested = records.call_start(second, caller, "RequestResponse", shape, ran=True, recipient=None)
    return Recipe((Step(start, 0.0, 1.0, 0), Step(nested, 0.2, 0.8, 1)))
