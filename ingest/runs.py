"""What a Lambda run record tells: which function, what started it, and whether code ran.

Rules and their confidence: DOMAIN section 3. A record's facts depend on a few texts that
repeat from run to run, so each combination is worked out once.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from ingest.identity import Identity, member, text, unqualified

LAMBDA = "lambda.amazonaws.com"
RUN_PREFIX = "Invoke"
_EXECUTION = "InvokeExecution"
_ASYNC_KINDS = frozenset({"cloudwatch_logs", "s3", "sns", "eventbridge"})
_KIND_OF_SERVICE = {
    "logs": "cloudwatch_logs",
    "s3": "s3",
    "sns": "sns",
    "sqs": "sqs",
    "kinesis": "kinesis",
    "dynamodb": "dynamodb",
    "firehose": "firehose",
    "events": "eventbridge",
    "states": "step_functions",
}
_PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov", "us-iso": "aws-iso", "us-isob": "aws-iso-b"}
_NAME = re.compile(r"(?:(?:\d{12}:)?function:)?([\w-]+)(?::[\w$-]+)?", re.ASCII)
_SESSION_OF_DESTINATION = re.compile(r"awslambda_\d+_.*")


class RunKey(NamedTuple):
    """All that a run's facts depend on."""

    event_name: str
    identity: Identity
    failed: bool
    from_lambda_code: bool
    key_expected: bool
    request_parameters: str | None
    additional_event_data: str | None
    resources: str | None
    region: str | None
    account: str | None


class Run(NamedTuple):
    """The columns of a run record."""

    function_arn: str | None
    function_version: str | None
    invocation_type: str | None
    outcome: str | None
    code_ran: bool | None
    trigger_kind: str | None
    trigger_arn: str | None
    trigger_account: str | None


def parse(raw: str | None) -> Any:
    """A JSON value, or None where there is none or it is too deep to build."""
    try:
        return msgspec.json.decode(raw) if raw else None
    except (msgspec.MsgspecError, RecursionError):
        return None


@lru_cache(maxsize=4096)
def read_run(key: RunKey) -> Run:
    """The facts of one run record."""
    parameters, added = parse(key.request_parameters), parse(key.additional_event_data)
    version_arn = text(member(added, "functionVersion"))
    function = _function(key, parameters, version_arn)
    invocation_type = text(member(parameters, "invocationType"))
    arn = _trigger_arn(parameters, function) if key.event_name != _EXECUTION else None
    kind = _trigger_kind(key, arn)
    has_key = isinstance(added, dict) and "customerEniId" in added
    outcome = _outcome(key, has_key, added is not None, invocation_type, kind)
    return Run(
        function_arn=function,
        function_version=version_arn.rpartition(":")[2] if version_arn else None,
        invocation_type=invocation_type,
        outcome=outcome,
        code_ran=has_key if has_key or key.key_expected else None,
        trigger_kind="dispatch" if outcome == "unreachable" else kind,
        trigger_arn=arn,
        trigger_account=_trigger_account(key, parameters, arn),
    )


def _function(key: RunKey, parameters: Any, version_arn: str | None) -> str | None:
    resources = parse(key.resources)
    for resource in resources if isinstance(resources, list) else ():
        if found := unqualified(text(member(resource, "ARN"))):
            return found
    name = text(member(parameters, "functionName"))
    return unqualified(name) or _built(key, name) or unqualified(version_arn)


def _built(key: RunKey, name: str | None) -> str | None:
    """The ARN of a bare or partial function name, in the record's account and region."""
    match = _NAME.fullmatch(name) if name else None
    if not (match and key.region and key.account):
        return None
    account = name[:12] if name and name[:12].isdigit() and name[12:13] == ":" else key.account
    return f"arn:{_partition(key.region)}:lambda:{key.region}:{account}:function:{match[1]}"


def _partition(region: str) -> str:
    return _PARTITIONS.get("-".join(region.split("-")[:-2]), _PARTITIONS.get(region[:2], "aws"))


def _outcome(
    key: RunKey, has_key: bool, has_data: bool, invocation_type: str | None, kind: str | None
) -> str | None:
    if key.failed:
        return "failed"
    if invocation_type == "DryRun":
        return "dry_run"
    if has_key:
        return "executed"
    if key.event_name != _EXECUTION and key.identity.invoked_by == LAMBDA and not has_data:
        return "unreachable"
    if key.event_name != _EXECUTION and _is_async(key, invocation_type, kind):
        return "accepted"
    return "throttled" if key.key_expected else None


def _is_async(key: RunKey, invocation_type: str | None, kind: str | None) -> bool:
    if invocation_type == "Event" or key.event_name.startswith("InvokeAsync"):
        return True
    return invocation_type is None and kind in _ASYNC_KINDS


def _trigger_arn(parameters: Any, function: str | None) -> str | None:
    arn = text(member(parameters, "sourceArn")) or text(member(parameters, "eventSourceArn"))
    if arn is None or (function and unqualified(arn) == function):
        return None
    return arn.removesuffix(":*") if _service(arn) == "logs" else arn


def _service(arn: str | None) -> str | None:
    parts = arn.split(":", 3) if arn else ()
    return parts[2] if len(parts) == 4 and parts[0] == "arn" else None


def _trigger_kind(key: RunKey, arn: str | None) -> str | None:
    """What started the run; None for InvokeExecution, whose trigger is its Invoke's."""
    if key.event_name == _EXECUTION:
        return None
    host = key.identity.invoked_by
    if host is None or not host.endswith(".amazonaws.com"):
        return _caller_kind(key)
    service = _KIND_OF_SERVICE.get(_service(arn) or "")
    if host == LAMBDA:
        return service or "event_source_mapping"
    return _KIND_OF_SERVICE.get(host.partition(".")[0]) or service or "service"


def _caller_kind(key: RunKey) -> str:
    """Started by an API call: by a function's code, or by anyone else."""
    session = key.identity.session_name
    by_destination = session is not None and _SESSION_OF_DESTINATION.fullmatch(session)
    if key.identity.caller_function_arn or key.from_lambda_code or by_destination:
        return "function"
    return "api"


def _trigger_account(key: RunKey, parameters: Any, arn: str | None) -> str | None:
    if key.event_name == _EXECUTION:
        return None
    account = text(member(parameters, "sourceAccount"))
    return account or (arn.split(":")[4] or None if arn and arn.count(":") >= 5 else None)
