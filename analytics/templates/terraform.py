"""A plan as two Terraform configurations with the names and values of the CloudFormation ones."""

from __future__ import annotations

from typing import Any

from analytics.templates import hcl_text, policies
from analytics.templates.hcl_text import Block, Raw, json_text
from analytics.templates.spec import (
    DEAD_LETTER_SECONDS,
    RETENTION_HOURS,
    RETRIES,
    Alarm,
    Reader,
    StreamPlan,
)


def stream_configuration(plan: StreamPlan) -> str:
    """Stream, Destination, roles, mappings, queues of failed batches, alarms."""
    blocks = [*_settings(plan), _topic(), _stream(plan), *_writer(plan)]
    if plan.kind == "cloudwatch_logs":
        blocks += _destination(plan)
    for reader in plan.readers:
        blocks += _reader(plan, reader)
    return hcl_text.dump([*blocks, *(_alarm(alarm) for alarm in plan.alarms())])


def feed_configuration(plan: StreamPlan) -> str | None:
    """What hands entries to the stream instead of to the function; None where that exists."""
    if plan.kind == "cloudwatch_logs":
        return hcl_text.dump([*_settings(plan), _filter(plan)])
    return hcl_text.dump([*_settings(plan), *_rule(plan)]) if plan.kind == "s3" else None


def _settings(plan: StreamPlan) -> list[Block]:
    provider = {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}}
    needed = Block("required_providers", body=provider)
    version = {"required_version": ">= 1.3", "needed": needed}
    return [Block("terraform", body=version), Block("provider", ("aws",), {"region": plan.region})]


def _resource(kind: str, name: str, /, **body: Any) -> Block:
    return Block("resource", (kind, name), body)


def _topic() -> Block:
    text = "SNS topic that alarms are sent to; empty for none"
    return _variable("alarm_topic_arn", text, default="")


def _variable(name: str, description: str, /, **more: Any) -> Block:
    return Block("variable", (name,), {"type": Raw("string"), "description": description, **more})


def _stream(plan: StreamPlan) -> Block:
    mode = Block("stream_mode_details", body={"stream_mode": plan.mode.upper()})
    shards = {"shard_count": plan.shards} if plan.mode == "provisioned" else {}
    return _resource(
        "aws_kinesis_stream",
        "stream",
        name=plan.stream,
        retention_period=RETENTION_HOURS,
        **shards,
        encryption_type="KMS",
        kms_key_id="alias/aws/kinesis",
        mode=mode,
    )


def _writer(plan: StreamPlan) -> list[Block]:
    trust, policy = json_text(policies.writer_trust(plan)), json_text(policies.writer(plan))
    role = Raw("aws_iam_role.writer.id")
    return [
        _resource("aws_iam_role", "writer", name=plan.writer, assume_role_policy=trust),
        _resource(
            "aws_iam_role_policy", "writer", name="write-to-stream", role=role, policy=policy
        ),
    ]


def _destination(plan: StreamPlan) -> list[Block]:
    name = Raw("aws_cloudwatch_log_destination.destination.name")
    return [
        _resource(
            "aws_cloudwatch_log_destination",
            "destination",
            name=plan.stream,
            target_arn=Raw("aws_kinesis_stream.stream.arn"),
            role_arn=Raw("aws_iam_role.writer.arn"),
            depends_on=[Raw("aws_iam_role_policy.writer")],
        ),
        _resource(
            "aws_cloudwatch_log_destination_policy",
            "destination",
            destination_name=name,
            access_policy=policies.destination(plan),
        ),
    ]


def _reader(plan: StreamPlan, reader: Reader) -> list[Block]:
    name = _label(reader.stem)
    text = f"Name (without path) of the execution role of {reader.function.name}"
    default = {} if reader.role_name is None else {"default": reader.role_name}
    return [
        _variable(f"role_of_{name}", text, **default),
        _resource(
            "aws_sqs_queue",
            name,
            name=reader.dead_letters,
            message_retention_seconds=DEAD_LETTER_SECONDS,
            sqs_managed_sse_enabled=True,
        ),
        _resource(
            "aws_iam_policy",
            name,
            name=reader.policy,
            description=f"{reader.function.name} reads {plan.stream}",
            policy=json_text(policies.reader(plan, reader)),
        ),
        _resource(
            "aws_iam_role_policy_attachment",
            name,
            role=Raw(f"var.role_of_{name}"),
            policy_arn=Raw(f"aws_iam_policy.{name}.arn"),
        ),
        _mapping(reader, name),
    ]


def _mapping(reader: Reader, name: str) -> Block:
    failed = Block("on_failure", body={"destination_arn": Raw(f"aws_sqs_queue.{name}.arn")})
    return _resource(
        "aws_lambda_event_source_mapping",
        name,
        event_source_arn=Raw("aws_kinesis_stream.stream.arn"),
        function_name=reader.function.text,
        starting_position="TRIM_HORIZON",
        batch_size=reader.batch_size,
        maximum_batching_window_in_seconds=reader.window_seconds,
        parallelization_factor=1,
        bisect_batch_on_function_error=True,
        maximum_retry_attempts=RETRIES,
        enabled=True,
        depends_on=[Raw(f"aws_iam_role_policy_attachment.{name}")],
        failed=Block("destination_config", body={"failed": failed}),
    )


def _alarm(alarm: Alarm) -> Block:
    dimension, value = alarm.dimension
    return _resource(
        "aws_cloudwatch_metric_alarm",
        _label(alarm.name),
        alarm_name=alarm.name,
        alarm_description=alarm.text,
        namespace=alarm.namespace,
        metric_name=alarm.metric,
        dimensions={dimension: value},
        statistic="Maximum",
        period=60,
        evaluation_periods=3,
        threshold=alarm.limit,
        comparison_operator="GreaterThanThreshold",
        treat_missing_data="notBreaching",
        alarm_actions=Raw('var.alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]'),
    )


def _filter(plan: StreamPlan) -> Block:
    return _resource(
        "aws_cloudwatch_log_subscription_filter",
        "filter",
        name=plan.stream,
        log_group_name=plan.source_name,
        filter_pattern=plan.filter_pattern,
        destination_arn=plan.destination_arn,
        distribution=plan.distribution,
    )


def _rule(plan: StreamPlan) -> list[Block]:
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [plan.source_name]}},
    }
    return [
        _resource(
            "aws_cloudwatch_event_rule", "rule", name=plan.stream, event_pattern=json_text(pattern)
        ),
        _resource(
            "aws_cloudwatch_event_target",
            "stream",
            rule=Raw("aws_cloudwatch_event_rule.rule.name"),
            target_id="stream",
            arn=plan.stream_arn,
            role_arn=plan.writer_arn,
        ),
    ]


def _label(name: str) -> str:
    return name.replace("-", "_")
