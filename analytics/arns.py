"""Reading ARNs: partition, service, region, account, resource."""

from __future__ import annotations

KINDS = {
    "logs": "cloudwatch_logs",
    "s3": "s3",
    "sns": "sns",
    "sqs": "sqs",
    "kinesis": "kinesis",
    "firehose": "firehose",
    "events": "eventbridge",
    "dynamodb": "dynamodb",
    "states": "step_functions",
    "lambda": "function",
}


def part(arn: str, place: int) -> str:
    """The `place`-th part of an ARN, empty where it has none (2 service, 3 region, 4 account, 5 resource)."""
    parts = arn.split(":", 5)
    return parts[place] if place < len(parts) else ""


def service(arn: str) -> str:
    """The service of an ARN, as `logs`."""
    return part(arn, 2)


def kind(arn: str) -> str | None:
    """The contract's source kind of an ARN, or None."""
    return KINDS.get(service(arn))


def region(arn: str) -> str | None:
    """The region, or None where the ARN names none."""
    return part(arn, 3) or None


def account(arn: str) -> str | None:
    """The account id, or None where the ARN names none."""
    return part(arn, 4) or None


def log_group(arn: str) -> str:
    """A log group's ARN without the trailing `:*`."""
    return arn.removesuffix(":*")


def function(arn: str) -> str:
    """A function's ARN without version or alias."""
    return ":".join(arn.split(":")[:7])


def state_machine(arn: str) -> str:
    """A state machine's ARN without version or alias, which follow its name as a function's do."""
    return function(arn)


def table(arn: str) -> str | None:
    """`table:ACCOUNT:REGION:NAME` of the ARN of a DynamoDB table, its stream or index, or None."""
    kind_, _, rest = part(arn, 5).partition("/")
    name = rest.split("/", 1)[0]
    return f"table:{account(arn)}:{region(arn)}:{name}" if kind_ == "table" and name else None


def function_name(arn: str) -> str:
    """The name part of a function's ARN; the text itself where it is no such ARN."""
    parts = arn.split(":")
    return parts[6] if len(parts) > 6 else arn


def own_log_group_of(group: str) -> str | None:
    """The name of the function whose runs write to this log group ARN, or None.

    Lambda writes a function's log lines to `/aws/lambda/NAME` unless told otherwise.
    """
    marker = ":log-group:/aws/lambda/"
    return group.split(marker, 1)[1] if marker in group else None


_PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov", "us-isob": "aws-iso-b", "us-iso": "aws-iso"}


def partition(region: str | None) -> str:
    """The partition that a region is in, as in its ARNs."""
    found = (name for start, name in _PARTITIONS.items() if (region or "").startswith(f"{start}-"))
    return next(found, "aws")
