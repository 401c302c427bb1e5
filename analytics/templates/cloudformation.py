"""A plan as two CloudFormation templates: the stream with its readers, and what feeds it.

They are two stacks because of their order: the second is deployed when the first reads.
"""

from __future__ import annotations

from typing import Any

from analytics.templates import policies, yaml_text
from analytics.templates.names import logical
from analytics.templates.spec import (
    DEAD_LETTER_SECONDS,
    RETENTION_HOURS,
    RETRIES,
    Alarm,
    Reader,
    StreamPlan,
)

Resource = dict[str, Any]
_VERSION = "2010-09-09"
_TOPIC = "AlarmTopicArn"
# Entries wait in streams and queues: they are not lost with their stack. A stack that could not be
# made takes them along, or the next try would find their names taken.
_KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}


def stream_template(plan: StreamPlan) -> str:
    """Stream, Destination, roles, mappings, queues of failed batches, alarms; YAML."""
    resources: dict[str, Resource] = {"Stream": _stream(plan), "WriterRole": _writer_role(plan)}
    if plan.kind == "cloudwatch_logs":
        resources["Destination"] = _destination(plan)
    for reader in plan.readers:
        resources |= _reader_resources(plan, reader)
    resources |= {f"Alarm{logical(alarm.name)}": _alarm(alarm) for alarm in plan.alarms()}
    template = {
        "AWSTemplateFormatVersion": _VERSION,
        "Description": f"Stormtrail: stream {plan.stream} and the functions behind it",
        "Parameters": _parameters(plan),
        "Conditions": {
            "HasAlarmTopic": {"Fn::Not": [{"Fn::Equals": [{"Ref": _TOPIC}, ""]}]},
        },
        "Resources": resources,
        "Outputs": _outputs(plan),
    }
    return yaml_text.dump(template)


def feed_template(plan: StreamPlan) -> str | None:
    """What hands entries to the stream instead of to the function; None where that exists."""
    resources = _feed(plan)
    if resources is None:
        return None
    template = {
        "AWSTemplateFormatVersion": _VERSION,
        "Description": f"Stormtrail: what feeds stream {plan.stream}",
        "Resources": resources,
    }
    return yaml_text.dump(template)


def _feed(plan: StreamPlan) -> dict[str, Resource] | None:
    if plan.kind == "cloudwatch_logs":
        return {"SubscriptionFilter": _filter(plan)}
    return {"Rule": _rule(plan)} if plan.kind == "s3" else None


def _resource(kind: str, properties: dict[str, Any], **more: Any) -> Resource:
    return {"Type": kind, **more, "Properties": properties}


def _attribute(name: str, attribute: str = "Arn") -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def role_parameter(reader: Reader) -> str:
    """The parameter that asks for a function's role."""
    return "RoleNameOf" + logical(reader.function.name)


def _parameters(plan: StreamPlan) -> dict[str, Any]:
    topic = {
        "Type": "String",
        "Default": "",
        "Description": "SNS topic that alarms are sent to; empty for none",
    }
    return {_TOPIC: topic, **{role_parameter(r): _role_parameter(r) for r in plan.readers}}


def _role_parameter(reader: Reader) -> dict[str, str]:
    asked = {
        "Type": "String",
        "Description": f"Name (without path) of the execution role of {reader.function.name}",
        "AllowedPattern": "[A-Za-z0-9+=,.@_-]{1,64}",
    }
    return asked if reader.role_name is None else {**asked, "Default": reader.role_name}


def _stream(plan: StreamPlan) -> Resource:
    properties: dict[str, Any] = {
        "Name": plan.stream,
        "RetentionPeriodHours": RETENTION_HOURS,
        "StreamModeDetails": {"StreamMode": plan.mode.upper()},
        "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
    }
    if plan.mode == "provisioned":
        properties["ShardCount"] = plan.shards
    return _resource("AWS::Kinesis::Stream", properties, **_KEPT)


def _writer_role(plan: StreamPlan) -> Resource:
    return _resource(
        "AWS::IAM::Role",
        {
            "RoleName": plan.writer,
            "AssumeRolePolicyDocument": policies.writer_trust(plan),
            "Policies": [
                {"PolicyName": "write-to-stream", "PolicyDocument": policies.writer(plan)}
            ],
        },
    )


def _destination(plan: StreamPlan) -> Resource:
    return _resource(
        "AWS::Logs::Destination",
        {
            "DestinationName": plan.stream,
            "TargetArn": _attribute("Stream"),
            "RoleArn": _attribute("WriterRole"),
            "DestinationPolicy": policies.destination(plan),
        },
    )


def _reader_resources(plan: StreamPlan, reader: Reader) -> dict[str, Resource]:
    name = logical(reader.function.name)
    return {
        f"Failed{name}": _failed_queue(reader),
        f"Reading{name}": _reading(plan, reader),
        f"Mapping{name}": _mapping(reader, name),
    }


def _failed_queue(reader: Reader) -> Resource:
    properties = {
        "QueueName": reader.dead_letters,
        "MessageRetentionPeriod": DEAD_LETTER_SECONDS,
        "SqsManagedSseEnabled": True,
    }
    return _resource("AWS::SQS::Queue", properties, **_KEPT)


def _reading(plan: StreamPlan, reader: Reader) -> Resource:
    properties = {
        "ManagedPolicyName": reader.policy,
        "Description": f"{reader.function.name} reads {plan.stream}",
        "Roles": [{"Ref": role_parameter(reader)}],
        "PolicyDocument": policies.reader(plan, reader),
    }
    return _resource("AWS::IAM::ManagedPolicy", properties)


def _mapping(reader: Reader, name: str) -> Resource:
    properties = {
        "EventSourceArn": _attribute("Stream"),
        "FunctionName": reader.function.text,
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": reader.batch_size,
        "MaximumBatchingWindowInSeconds": reader.window_seconds,
        "ParallelizationFactor": 1,
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": RETRIES,
        "DestinationConfig": {"OnFailure": {"Destination": _attribute(f"Failed{name}")}},
        "Enabled": True,
    }
    return _resource("AWS::Lambda::EventSourceMapping", properties, DependsOn=[f"Reading{name}"])


def _alarm(alarm: Alarm) -> Resource:
    dimension, value = alarm.dimension
    actions = {"Fn::If": ["HasAlarmTopic", [{"Ref": _TOPIC}], {"Ref": "AWS::NoValue"}]}
    properties = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.text,
        "Namespace": alarm.namespace,
        "MetricName": alarm.metric,
        "Dimensions": [{"Name": dimension, "Value": value}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": alarm.limit,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": actions,
    }
    return _resource("AWS::CloudWatch::Alarm", properties)


def _filter(plan: StreamPlan) -> Resource:
    return _resource(
        "AWS::Logs::SubscriptionFilter",
        {
            "FilterName": plan.stream,
            "LogGroupName": plan.source_name,
            "FilterPattern": plan.filter_pattern,
            "DestinationArn": plan.destination_arn,
            "Distribution": plan.distribution,
        },
    )


def _rule(plan: StreamPlan) -> Resource:
    """New files of a bucket, as EventBridge tells of them."""
    target = {"Id": "stream", "Arn": plan.stream_arn, "RoleArn": plan.writer_arn}
    return _resource(
        "AWS::Events::Rule",
        {
            "Name": plan.stream,
            "EventPattern": {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [plan.source_name]}},
            },
            "Targets": [target],
        },
    )


def _outputs(plan: StreamPlan) -> dict[str, Any]:
    outputs: dict[str, Any] = {
        "StreamArn": {"Value": _attribute("Stream")},
        "WriterRoleArn": {"Value": _attribute("WriterRole")},
    }
    if plan.kind == "cloudwatch_logs":
        outputs["DestinationArn"] = {"Value": plan.destination_arn}
    return outputs
