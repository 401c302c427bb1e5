"""Configuration changes as they are recorded (DOMAIN section 5): trails, functions, actors."""

from __future__ import annotations

from dataclasses import replace

from simulation.organization import (
    LAMBDA,
    MANAGEMENT,
    S3,
    Actor,
    Change,
    Function,
    Shape,
    Trail,
)

Fields = dict[str, object]

_BROWSER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 15.6) AppleWebKit/605.1.15 Safari/605.1.15"
_TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.13.3 terraform-provider-aws/6.17.0"

ACTORS = (
    Actor("user", "mia.keller", "", "203.0.113.17", "aws-cli/2.31.18 lang/python#3.13.7"),
    Actor("console", "AWSReservedSSO_Admin", "jo.lindt@example.com", "203.0.113.90", _BROWSER),
    Actor("role", "terraform-apply", "GitHubActions", "192.0.2.44", _TERRAFORM),
    Actor("role", "platform-admin", "s.okafor", "198.51.100.8", _TERRAFORM),
)

_VALUES = {LAMBDA: "arn:aws:lambda", S3: "arn:aws:s3"}


def new_trail(trail: Trail, hour: float, actor: Actor) -> list[Change]:
    """CreateTrail, PutEventSelectors, StartLogging: within half a minute."""
    parameters: Fields = {
        "name": trail.name,
        "s3BucketName": trail.bucket,
        "includeGlobalServiceEvents": True,
        "isMultiRegionTrail": len(trail.regions) > 1,
        "isOrganizationTrail": trail.organization,
        "enableLogFileValidation": True,
    }
    if trail.log_group:
        role = f"arn:aws:iam::{trail.account}:role/cloudtrail-to-logs"
        parameters |= {
            "cloudWatchLogsLogGroupArn": f"{trail.log_group}:*",
            "cloudWatchLogsRoleArn": role,
        }
    return [
        _cloudtrail(
            trail, "CreateTrail", hour, actor, parameters, parameters | {"trailARN": trail.arn}
        ),
        put_selectors(trail, hour + 0.003, actor),
        _cloudtrail(trail, "StartLogging", hour + 0.006, actor, {"name": trail.arn}, None),
    ]


def put_selectors(
    trail: Trail, hour: float, actor: Actor, *, closes: str | None = None, error: str | None = None
) -> Change:
    """PutEventSelectors with what the trail records at that hour."""
    inside = [s.resource for s in trail.selectors if s.since <= hour < s.until]
    resources = [{"type": r, "values": [_VALUES[r]]} for r in inside if r != MANAGEMENT]
    selector: Fields = {
        "readWriteType": "All",
        "includeManagementEvents": MANAGEMENT in inside,
        "dataResources": resources,
        "excludeManagementEventSources": [],
    }
    parameters: Fields = {"trailName": trail.name, "eventSelectors": [selector]}
    response: Fields = {"trailARN": trail.arn, "eventSelectors": [selector]}
    return Change(
        hour, "cloudtrail.amazonaws.com", "PutEventSelectors", trail.account, trail.region, actor,
        parameters, response, error, closes,
    )  # fmt: skip


def make_organizations(trail: Trail, hour: float, actor: Actor, closes: str) -> Change:
    """UpdateTrail: the trail of an account becomes its organization's."""
    parameters: Fields = {"name": trail.arn, "isOrganizationTrail": True}
    response = _updated(trail) | {"isOrganizationTrail": True}
    made = _cloudtrail(trail, "UpdateTrail", hour, actor, parameters, response)
    return replace(made, closes=closes)


def update_trail(trail: Trail, hour: float, actor: Actor) -> Change:
    """UpdateTrail that changes nothing of what is recorded; its response tells the trail's log group."""
    parameters: Fields = {"name": trail.arn, "enableLogFileValidation": True}
    response = _updated(trail)
    if trail.log_group:
        response |= {"cloudWatchLogsLogGroupArn": f"{trail.log_group}:*"}
    return _cloudtrail(trail, "UpdateTrail", hour, actor, parameters, response)


def _updated(trail: Trail) -> Fields:
    return {
        "name": trail.name,
        "trailARN": trail.arn,
        "s3BucketName": trail.bucket,
        "includeGlobalServiceEvents": True,
        "isMultiRegionTrail": len(trail.regions) > 1,
        "isOrganizationTrail": trail.organization,
        "logFileValidationEnabled": True,
    }


def stop_logging(trail: Trail, hour: float, actor: Actor) -> Change:
    """StopLogging of a trail."""
    return _cloudtrail(trail, "StopLogging", hour, actor, {"name": trail.arn}, None)


def _cloudtrail(
    trail: Trail, name: str, hour: float, actor: Actor, parameters: Fields, response: Fields | None
) -> Change:
    return Change(
        hour,
        "cloudtrail.amazonaws.com",
        name,
        trail.account,
        trail.region,
        actor,
        parameters,
        response,
    )


def new_function(function: Function, hour: float, actor: Actor) -> Change:
    """CreateFunction20150331."""
    role = f"arn:aws:iam::{function.account}:role/{function.role}"
    parameters: Fields = {
        "functionName": function.name,
        "runtime": "python3.13",
        "role": role,
        "handler": "main.handler",
        "timeout": 60,
        "memorySize": 256,
        "publish": False,
    }
    response = parameters | {"functionArn": function.arn, "version": "$LATEST", "state": "Pending"}
    return _lambda("CreateFunction20150331", function, hour, actor, parameters, response)


def permit(function: Function, principal: str, arn: str, hour: float, actor: Actor) -> Change:
    """AddPermission20150331v2 for a service."""
    parameters: Fields = {
        "functionName": function.name,
        "statementId": f"allow-{principal.split('.')[0]}",
        "action": "lambda:InvokeFunction",
        "principal": principal,
        "sourceArn": arn,
    }
    return _lambda(
        "AddPermission20150331v2", function, hour, actor, parameters, {"statement": "{}"}
    )


def _lambda(
    name: str, function: Function, hour: float, actor: Actor, parameters: Fields, response: Fields
) -> Change:
    return Change(
        hour,
        "lambda.amazonaws.com",
        name,
        function.account,
        function.region,
        actor,
        parameters,
        response,
    )


def bare(shape: Shape) -> Shape:
    """Records as before 2025 that name neither source nor caller."""
    return replace(shape, event_version="1.08", source_arn=False, in_scope=False, mapping_arn=False)
