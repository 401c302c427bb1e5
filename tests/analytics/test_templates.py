"""Templates pass cfn-lint, deploy into a control plane and read back; Terraform says the same.

The control plane's CloudFormation does not know Destinations, subscription filters, alarms
(`PUT_BY_CALLS`) and a stream's mode; their properties are taken out of the very template, resolved,
and put by the services' own calls.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import hcl2
import pytest
import yaml  # type: ignore[import-untyped]
from cfnlint.api import lint_all
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from analytics.findings import Batch, Recommendation
from analytics.templates import cloudformation, hcl_text, names, terraform, yaml_text
from analytics.templates.spec import Choices, StreamPlan, plans
from analytics.templates.steps import steps
from stormtrail.errors import UsageError

# what the control plane says of those types, in its own thread
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS")

# the control plane acts as this account
A, B = "123456789012", "222222222222"
REGION = "us-east-1"
GROUP = f"arn:aws:logs:{REGION}:{A}:log-group:aws-cloudtrail-logs-{A}-1"
BUCKET = "arn:aws:s3:::trail-files"
RULE = f"arn:aws:events:{REGION}:{A}:rule/bus/all-calls"


def arn(name: str, account: str = A) -> str:
    return f"arn:aws:lambda:{REGION}:{account}:function:{name}"


def move(name: str = "router", batch: Batch | None = None, source: str = GROUP) -> Recommendation:
    return Recommendation(
        function=arn(name),
        source=source,
        relieves=(),
        action="move_behind_kinesis",
        why="",
        batch=batch or Batch(1200, 60, 2),
        s_before=2.0,
        s_after=0.01,
        spectral_radius_after=0.01,
        monthly_usd_before=10.0,
        monthly_usd_after=1.0,
        monthly_saving_usd=9.0,
    )


ROLES = {arn("router"): "router-role", arn("audit_2"): "audit-role"}


def planned(*moves: Recommendation, **changes: Any) -> StreamPlan:
    choices = replace(Choices(roles=ROLES, accounts=(B,), organization="o-abcdefghij"), **changes)
    found = plans(moves or (move(),), choices)
    assert len(found) == 1
    return found[0]


PLANS: Mapping[str, StreamPlan] = {
    "provisioned": planned(),
    "one shard, no organization": planned(
        move(batch=Batch(100, 0, 1)), organization=None, accounts=()
    ),
    "on demand": planned(move(batch=Batch(300, 300, 4, "on_demand"))),
    "two functions on one group": planned(move(), move("audit_2", Batch(10_000, 120, 1))),
    "a bucket": planned(move(source=BUCKET)),
    "a rule": planned(move(source=RULE)),
    "a role not known": planned(roles={}),
}
each_plan = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())


def templates(plan: StreamPlan) -> list[str]:
    found = (cloudformation.stream_template(plan), cloudformation.feed_template(plan))
    return [text for text in found if text is not None]


@each_plan
def test_cfn_lint_finds_nothing_in_a_template(plan: StreamPlan) -> None:
    for text in templates(plan):
        assert [str(match) for match in lint_all(text) if match.rule.id[0] in "EW"] == []


# Deployed


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass
class Account:
    """The services of one account in the control plane, and the stacks deployed in it; `by_stack` are
    the types of resources that its CloudFormation itself made."""

    endpoint: str
    by_stack: set[str] = field(default_factory=set)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def reset(self) -> None:
        """An empty control plane."""
        request = urllib.request.Request(f"{self.endpoint}/moto-api/reset", method="POST")  # noqa: S310
        urllib.request.urlopen(request).close()  # noqa: S310

    def prepare(self, plan: StreamPlan) -> None:
        """What is there before the cure: functions with their roles, and the log group."""
        iam, functions = self.client("iam"), self.client("lambda")
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        for reader in plan.readers:
            role = f"{reader.function.name}-role"
            made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)
            functions.create_function(
                FunctionName=reader.function.name,
                Runtime="python3.13",
                Role=made["Role"]["Arn"],
                Handler="index.handler",
                Code={"ZipFile": _package()},
            )
        if plan.kind == "cloudwatch_logs":
            self.client("logs").create_log_group(logGroupName=plan.source_name)
            # the control plane looks a filter's Destination up among the log groups
            self.client("logs").create_log_group(logGroupName=plan.stream)

    def deploy(self, name: str, text: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Creates the stack; the template with its references replaced by what was made."""
        stacks = self.client("cloudformation")
        given = [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]
        stacks.create_stack(
            StackName=name,
            TemplateBody=text,
            Parameters=given,
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        made = stacks.describe_stack_resources(StackName=name)["StackResources"]
        ids = {
            item["LogicalResourceId"]: item["PhysicalResourceId"]
            for item in made
            if "LogicalResourceId" in item
        }
        stack = stacks.describe_stacks(StackName=name)["Stacks"][0]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        outputs = {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
        resolved = _resolved(yaml.safe_load(text), ids, outputs)
        assert isinstance(resolved, dict)
        for logical, resource in resolved["Resources"].items():
            if logical not in ids:
                PUT_BY_CALLS[resource["Type"]](self, resource["Properties"])
            elif resource["Type"] == "AWS::Kinesis::Stream":
                self._set_mode(resource["Properties"])
        self.by_stack |= {resolved["Resources"][logical]["Type"] for logical in ids}
        return resolved

    def _put_destination(self, properties: Mapping[str, Any]) -> None:
        name, logs = properties["DestinationName"], self.client("logs")
        logs.put_destination(
            destinationName=name,
            targetArn=properties["TargetArn"],
            roleArn=properties["RoleArn"],
        )
        logs.put_destination_policy(
            destinationName=name, accessPolicy=properties["DestinationPolicy"]
        )

    def _put_filter(self, properties: Mapping[str, Any]) -> None:
        given = {key[0].lower() + key[1:]: value for key, value in properties.items()}
        self.client("logs").put_subscription_filter(**given)

    def _set_mode(self, properties: Mapping[str, Any]) -> None:
        """The control plane's CloudFormation makes every stream a provisioned one."""
        client, mode = self.client("kinesis"), properties["StreamModeDetails"]
        made = client.describe_stream_summary(StreamName=properties["Name"])
        stream = made["StreamDescriptionSummary"]["StreamARN"]
        client.update_stream_mode(StreamARN=stream, StreamModeDetails=mode)

    def _put_alarm(self, properties: Mapping[str, Any]) -> None:
        given = {key: value for key, value in properties.items() if key != "AlarmActions"}
        self.client("cloudwatch").put_metric_alarm(**given)


# What the control plane's CloudFormation passes over is put by the calls that it would have made.
# A type that it has learnt is no longer put: then it must leave this list.
PUT_BY_CALLS: Mapping[str, Callable[[Account, Mapping[str, Any]], None]] = {
    "AWS::Logs::Destination": Account._put_destination,
    "AWS::Logs::SubscriptionFilter": Account._put_filter,
    "AWS::CloudWatch::Alarm": Account._put_alarm,
}


def _package() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("index.py", "def handler(event, context): ...")
    return buffer.getvalue()


def _resolved(value: Any, ids: Mapping[str, str], outputs: Mapping[str, str]) -> Any:
    """References replaced by physical ids, and by the outputs for ARNs."""
    if isinstance(value, list):
        return [_resolved(item, ids, outputs) for item in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return ids.get(value["Ref"])
    if "Fn::GetAtt" in value:
        name, attribute = value["Fn::GetAtt"]
        return outputs.get(f"{name}{attribute}", ids.get(name))
    return {key: _resolved(item, ids, outputs) for key, item in value.items()}


Deployed = tuple[StreamPlan, Account]


@pytest.fixture(scope="module", params=PLANS.values(), ids=list(PLANS))
def deployed(request: pytest.FixtureRequest, endpoint: str) -> Deployed:
    """A plan with both its stacks in an account of its own."""
    plan: StreamPlan = request.param
    account = Account(endpoint)
    account.reset()
    account.prepare(plan)
    roles = {cloudformation.role_parameter(r): f"{r.function.name}-role" for r in plan.readers}
    account.deploy("stream", cloudformation.stream_template(plan), roles)
    if (feed := cloudformation.feed_template(plan)) is not None:
        account.deploy("feed", feed, {})
    return plan, account


def test_only_what_the_control_planes_stacks_cannot_make_is_put_by_calls(
    deployed: Deployed,
) -> None:
    plan, account = deployed
    wanted = {r["Type"] for t in templates(plan) for r in yaml.safe_load(t)["Resources"].values()}
    assert account.by_stack == wanted - set(PUT_BY_CALLS)


def test_a_deployed_stream_is_the_one_that_was_planned(deployed: Deployed) -> None:
    plan, account = deployed
    client = account.client("kinesis")
    found = client.describe_stream_summary(StreamName=plan.stream)["StreamDescriptionSummary"]
    mode = found["StreamModeDetails"]["StreamMode"]
    assert (found["StreamARN"], mode) == (plan.stream_arn, plan.mode.upper())
    if plan.mode == "provisioned":
        assert found["OpenShardCount"] == plan.shards


def test_a_deployed_mapping_has_the_batch_that_was_promised(deployed: Deployed) -> None:
    plan, account = deployed
    found = account.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    told = {
        item["FunctionArn"]: (
            item["EventSourceArn"],
            item["BatchSize"],
            item["MaximumBatchingWindowInSeconds"],
            item["StartingPosition"],
            item["DestinationConfig"]["OnFailure"]["Destination"],
        )
        for item in found
    }
    assert told == {
        reader.function.text: (
            plan.stream_arn,
            reader.batch_size,
            reader.window_seconds,
            "TRIM_HORIZON",
            plan.queue_arn(reader),
        )
        for reader in plan.readers
    }


def test_a_deployed_log_group_is_subscribed_to_the_destination_on_the_stream(
    deployed: Deployed,
) -> None:
    plan, account = deployed
    logs = account.client("logs")
    told = [
        (d["arn"], d["targetArn"], d["roleArn"])
        for d in logs.describe_destinations()["destinations"]
    ]
    if plan.kind != "cloudwatch_logs":
        assert told == []
        return
    assert told == [(plan.destination_arn, plan.stream_arn, plan.writer_arn)]
    found = logs.describe_subscription_filters(logGroupName=plan.source_name)
    [filter_] = found["subscriptionFilters"]
    assert (filter_["filterName"], filter_["destinationArn"], filter_["filterPattern"]) == (
        plan.stream,
        plan.destination_arn,
        plan.filter_pattern,
    )


def test_a_deployed_destination_lets_only_the_members_subscribe(deployed: Deployed) -> None:
    plan, account = deployed
    for destination in account.client("logs").describe_destinations()["destinations"]:
        own, *organization = json.loads(destination["accessPolicy"])["Statement"]
        assert own["Principal"] == {"AWS": list(plan.senders)}
        expected = [{"StringEquals": {"aws:PrincipalOrgID": ["o-abcdefghij"]}}]
        told = [statement["Condition"] for statement in organization]
        assert told == (expected if plan.organization else [])


def test_a_deployed_bucket_rule_targets_the_stream(deployed: Deployed) -> None:
    plan, account = deployed
    events = account.client("events")
    rules = [rule["Name"] for rule in events.list_rules()["Rules"]]
    assert rules == ([plan.stream] if plan.kind == "s3" else [])
    for name in rules:
        pattern = json.loads(events.describe_rule(Name=name)["EventPattern"])
        [target] = events.list_targets_by_rule(Rule=name)["Targets"]
        assert pattern["detail"] == {"bucket": {"name": [plan.source_name]}}
        assert (target["Arn"], target["RoleArn"]) == (plan.stream_arn, plan.writer_arn)


def test_deployed_alarms_watch_the_stream_and_every_function(deployed: Deployed) -> None:
    plan, account = deployed
    alarms = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    told = {
        (a["AlarmName"], a["MetricName"], a["Dimensions"][0]["Value"], a["Threshold"])
        for a in alarms
    }
    assert told == {(a.name, a.metric, a.dimension[1], float(a.limit)) for a in plan.alarms()}


def test_a_functions_role_may_only_read_this_stream_and_leave_failed_batches(
    deployed: Deployed,
) -> None:
    plan, account = deployed
    iam = account.client("iam")
    for reader in plan.readers:
        role = f"{reader.function.name}-role"
        [attached] = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        found = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId="v1")
        statements = found["PolicyVersion"]["Document"]["Statement"]
        resources = [statement["Resource"] for statement in statements]
        assert resources == [plan.stream_arn, plan.queue_arn(reader)]
        assert not any("*" in action for item in statements for action in item["Action"])


def test_only_the_service_for_what_feeds_the_stream_may_take_the_writers_role(
    deployed: Deployed,
) -> None:
    plan, account = deployed
    found = account.client("iam").get_role(RoleName=plan.writer)["Role"]
    [statement] = found["AssumeRolePolicyDocument"]["Statement"]
    if plan.kind == "cloudwatch_logs":
        assert statement["Principal"] == {"Service": "logs.amazonaws.com"}
        ours = [f"arn:aws:logs:{REGION}:{a}:*" for a in sorted({plan.account, *plan.senders})]
        every = [f"arn:aws:logs:{REGION}:*:*"]
        arns = every if plan.organization else ours
        expected: dict[str, Any] = {"StringLike": {"aws:SourceArn": arns}}
    else:
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        expected = {
            "StringEquals": {"aws:SourceAccount": plan.account},
            "ArnEquals": {"aws:SourceArn": plan.rule_arn},
        }
    assert statement["Condition"] == expected


def test_the_rule_that_may_write_is_the_one_that_is_made_or_there_already() -> None:
    made = of_type(cloudformation.feed_template(PLANS["a bucket"]) or "", "AWS::Events::Rule")
    assert PLANS["a bucket"].rule_arn.endswith(f":rule/{made[0]['Name']}")
    assert PLANS["a rule"].rule_arn == RULE


def test_streams_and_queues_outlive_their_stack_but_not_one_that_could_not_be_made() -> None:
    resources = yaml.safe_load(templates(PLANS["provisioned"])[0])["Resources"].values()
    policies = {
        item["Type"]: (item["DeletionPolicy"], item["UpdateReplacePolicy"])
        for item in resources
        if "DeletionPolicy" in item
    }
    kept = ("RetainExceptOnCreate", "Retain")
    assert policies == {"AWS::Kinesis::Stream": kept, "AWS::SQS::Queue": kept}


# Terraform


def configuration(text: str) -> dict[str, dict[str, Any]]:
    """Resources by type and name, without HCL's quotes."""
    found: dict[str, dict[str, Any]] = {}
    for item in hcl2.loads(text).get("resource", []):
        for kind, named in item.items():
            for name, body in named.items():
                found.setdefault(_bare(kind), {})[_bare(name)] = _plain(body)
    return found


def _bare(value: Any) -> Any:
    return value.strip('"') if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_bare(k): _plain(v) for k, v in value.items() if not k.startswith("__")}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _bare(value)


def of_type(text: str, kind: str) -> list[dict[str, Any]]:
    resources = yaml.safe_load(text)["Resources"].values()
    return [item["Properties"] for item in resources if item["Type"] == kind]


# CloudFormation's type and properties, and Terraform's, that must say the same
SAME = [
    (
        "AWS::Kinesis::Stream",
        "aws_kinesis_stream",
        {"Name": "name", "RetentionPeriodHours": "retention_period", "ShardCount": "shard_count"},
    ),
    ("AWS::IAM::Role", "aws_iam_role", {"RoleName": "name"}),
    (
        "AWS::Logs::Destination",
        "aws_cloudwatch_log_destination",
        {"DestinationName": "name"},
    ),
    (
        "AWS::SQS::Queue",
        "aws_sqs_queue",
        {
            "QueueName": "name",
            "MessageRetentionPeriod": "message_retention_seconds",
            "SqsManagedSseEnabled": "sqs_managed_sse_enabled",
        },
    ),
    (
        "AWS::IAM::ManagedPolicy",
        "aws_iam_policy",
        {"ManagedPolicyName": "name", "Description": "description"},
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        "aws_lambda_event_source_mapping",
        {
            "FunctionName": "function_name",
            "StartingPosition": "starting_position",
            "BatchSize": "batch_size",
            "MaximumBatchingWindowInSeconds": "maximum_batching_window_in_seconds",
            "ParallelizationFactor": "parallelization_factor",
            "BisectBatchOnFunctionError": "bisect_batch_on_function_error",
            "MaximumRetryAttempts": "maximum_retry_attempts",
            "Enabled": "enabled",
        },
    ),
    (
        "AWS::CloudWatch::Alarm",
        "aws_cloudwatch_metric_alarm",
        {
            "AlarmName": "alarm_name",
            "AlarmDescription": "alarm_description",
            "Namespace": "namespace",
            "MetricName": "metric_name",
            "Threshold": "threshold",
            "Period": "period",
            "EvaluationPeriods": "evaluation_periods",
            "Statistic": "statistic",
        },
    ),
    (
        "AWS::Logs::SubscriptionFilter",
        "aws_cloudwatch_log_subscription_filter",
        {
            "FilterName": "name",
            "LogGroupName": "log_group_name",
            "FilterPattern": "filter_pattern",
            "DestinationArn": "destination_arn",
            "Distribution": "distribution",
        },
    ),
    ("AWS::Events::Rule", "aws_cloudwatch_event_rule", {"Name": "name"}),
]


def both(plan: StreamPlan) -> Iterator[tuple[str, str]]:
    yield cloudformation.stream_template(plan), terraform.stream_configuration(plan)
    feeds = cloudformation.feed_template(plan), terraform.feed_configuration(plan)
    if feeds[0] is not None and feeds[1] is not None:
        yield feeds[0], feeds[1]


@each_plan
def test_terraform_names_the_same_resources_with_the_same_values(plan: StreamPlan) -> None:
    for stack, text in both(plan):
        resources = configuration(text)
        for kind, other, keys in SAME:
            theirs = [[item.get(key) for key in keys] for item in of_type(stack, kind)]
            ours = [
                [item.get(key) for key in keys.values()]
                for item in resources.get(other, {}).values()
            ]
            assert ours == theirs, other


@each_plan
def test_every_cloudformation_type_is_compared_with_terraform(plan: StreamPlan) -> None:
    used = {
        item["Type"]
        for text in templates(plan)
        for item in yaml.safe_load(text)["Resources"].values()
    }
    assert used <= {kind for kind, _, _ in SAME}


@each_plan
def test_terraform_writes_every_policy_of_the_stack(plan: StreamPlan) -> None:
    stack, text = cloudformation.stream_template(plan), terraform.stream_configuration(plan)
    [role] = of_type(stack, "AWS::IAM::Role")
    written = [role["AssumeRolePolicyDocument"], *(p["PolicyDocument"] for p in role["Policies"])]
    written += [item["PolicyDocument"] for item in of_type(stack, "AWS::IAM::ManagedPolicy")]
    assert len(written) == 2 + len(plan.readers)
    assert [document for document in written if hcl_text.json_text(document).text not in text] == []


def test_terraform_writes_the_destinations_policy_as_it_is() -> None:
    plan = PLANS["provisioned"]
    text = terraform.stream_configuration(plan)
    found = configuration(text)["aws_cloudwatch_log_destination_policy"]["destination"]
    expected = of_type(cloudformation.stream_template(plan), "AWS::Logs::Destination")
    # the parser keeps HCL's quotes and escapes, which are JSON's
    escaped = json.dumps(expected[0]["DestinationPolicy"]).strip('"')
    assert found["access_policy"] == escaped


# Names and text


HOSTILE = [
    "arn:aws:lambda:us-east-1:123456789012:function:x\n  Evil: true",
    'arn:aws:lambda:us-east-1:123456789012:function:x"}',
    "arn:aws:lambda:us-east-1:123456789012:function:${var.secret}",
    "arn:aws:lambda:us-east-1:123456789012:function:$(rm -rf ~)",
    "arn:aws:lambda:us-east-1:12345678901:function:x",
    "arn:evil:lambda:us-east-1:123456789012:function:x",
    "arn:aws:lambda:us-east-1:123456789012:function:" + "x" * 65,
    "<script>alert(1)</script>",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_that_is_not_aws_writing_goes_into_no_template(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        planned(replace(move(), function=text))
    assert "\n" not in caught.value.line()


@pytest.mark.parametrize(
    "source", [GROUP + "\n", GROUP + "'; rm", "arn:aws:s3:::", "unknown:sns:1:us-east-1", ""]
)
def test_a_source_that_is_not_aws_writing_goes_into_no_template(source: str) -> None:
    with pytest.raises(UsageError):
        plans([move(source=source)], Choices())


@pytest.mark.parametrize(
    "changes",
    [
        {"organization": "o-x${}"},
        {"accounts": ("12",)},
        {"roles": {arn("router"): "a b"}},
        {"filter_pattern": "a\nb"},
        {"filter_pattern": "x" * 1025},
    ],
)
def test_a_choice_that_cannot_go_into_a_template_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        planned(**changes)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=60))
def test_a_filter_pattern_comes_out_of_both_renderings_as_it_went_in(pattern: str) -> None:
    if not pattern.isprintable():
        return
    plan = replace(PLANS["provisioned"], filter_pattern=pattern)
    template = yaml.safe_load(cloudformation.feed_template(plan) or "")
    properties = template["Resources"]["SubscriptionFilter"]["Properties"]
    assert properties["FilterPattern"] == pattern
    text = terraform.feed_configuration(plan) or ""
    line = next(item for item in text.splitlines() if "filter_pattern" in item)
    written = line.partition(" = ")[2].replace("$${", "${").replace("%%{", "%{")
    assert json.loads(written) == pattern


def test_terraform_never_takes_a_pattern_for_an_expression() -> None:
    plan = replace(PLANS["provisioned"], filter_pattern='{ $.x = "${var.y}" %{if z} }')
    text = terraform.feed_configuration(plan) or ""
    assert '"{ $.x = \\"$${var.y}\\" %%{if z} }"' in text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abcXYZ:/-_ 1", min_size=1, max_size=6), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text("abcXYZ:", min_size=1, max_size=6), json_values, max_size=4))
def test_yaml_reads_back_as_what_was_written(value: dict[str, Any]) -> None:
    if not value:
        return
    assert yaml.safe_load(yaml_text.dump(value)) == value


@pytest.mark.parametrize(("told", "role"), [("its-role", "its-role"), ("", None), ("${x}", None)])
def test_the_archives_role_stands_in_the_template_where_it_is_a_name(
    told: str, role: str | None
) -> None:
    [plan] = plans([replace(move(), role=told)], Choices())
    assert plan.readers[0].role_name == role
    [given] = plans([replace(move(), role=told)], Choices(roles=ROLES))
    assert given.readers[0].role_name == "router-role"


def test_the_filters_pattern_is_kept_and_two_patterns_get_two_streams() -> None:
    writes = replace(move("a"), filter_pattern="{ $.readOnly IS FALSE }")
    every = move("b")
    first, second = plans([writes, every], Choices())
    assert {first.filter_pattern, second.filter_pattern} == {"", "{ $.readOnly IS FALSE }"}
    assert first.stream != second.stream
    [given] = plans([writes, every], Choices(filter_pattern="ERROR"))
    assert (given.filter_pattern, len(given.readers)) == ("ERROR", 2)


def test_a_pattern_of_a_record_that_cannot_be_written_stops_the_plan() -> None:
    with pytest.raises(UsageError):
        plans([replace(move(), filter_pattern="a\nb")], Choices())


def test_a_source_in_another_region_than_its_function_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        plans([move(source=GROUP.replace(REGION, "eu-west-1"))], Choices())
    assert "two regions" in caught.value.line()


def test_two_sources_get_two_streams_and_two_functions_on_one_group_get_one() -> None:
    other = GROUP + "-other"
    found = plans([move("a"), move("b"), move("c", source=other)], Choices())
    assert [[reader.function.name for reader in plan.readers] for plan in found] == [
        ["a", "b"],
        ["c"],
    ]
    assert found[0].stream != found[1].stream


def test_names_that_are_alike_but_not_the_same_do_not_meet() -> None:
    assert names.slug("a/b") != names.slug("a-b")
    assert names.logical("a_b") != names.logical("a-b")
    assert all(len(names.slug("x" * n)) <= 40 for n in (1, 33, 64, 512))


def test_a_recommendation_that_moves_nothing_plans_nothing() -> None:
    kept = replace(move(), action="keep", batch=None)
    assert plans([kept], Choices()) == ()


def test_a_source_that_is_not_in_the_archive_can_be_named() -> None:
    unknown = move(source="unknown:cloudwatch_logs:1:us-east-1")
    [plan] = plans([unknown], Choices(log_groups={arn("router"): GROUP}))
    assert plan.source == GROUP


@each_plan
@pytest.mark.parametrize("as_terraform", [False, True])
def test_the_steps_feed_before_they_cut_and_tell_the_way_back(
    plan: StreamPlan, as_terraform: bool
) -> None:
    text = steps(plan, terraform=as_terraform)
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## 1. Let the code take both kinds of event",
        "## 2. Keep what is there now",
        "## 3. Put the stream and its readers there",
        "## 4. Feed the stream",
        "## 5. Watch both, then cut the old way",
        "## 6. See what came",
        "## The way back",
    ]
    fed, cut = text.index("## 4."), text.index("## 5.")
    for verb in ("delete-subscription-filter", "remove-targets", "without-the-function"):
        assert text.find(verb) == -1 or text.find(verb) > cut > fed


@each_plan
def test_the_steps_leave_the_stream_out_of_trails_before_it_is_fed(plan: StreamPlan) -> None:
    fed = steps(plan).partition("## 4.")[2].partition("## 5.")[0]
    [line] = [line for line in fed.splitlines() if line.startswith('{"Field"')]
    assert json.loads(line) == {"Field": "resources.ARN", "NotEquals": [plan.stream_arn]}
    feeding = "put-targets" if plan.kind == "eventbridge" else "2-feed"
    assert fed.index("put-event-selectors") < fed.index(feeding)


@each_plan
def test_the_steps_look_for_the_stream_before_they_make_it(plan: StreamPlan) -> None:
    made = steps(plan).partition("## 3.")[2].partition("## 4.")[0]
    looked = f"describe-stream-summary --region {REGION} --stream-name {plan.stream}"
    assert made.index(looked) < made.index("cloudformation deploy")


def test_a_log_group_of_another_account_is_fed_from_there_by_somebody_who_may() -> None:
    there = planned(move(source=GROUP.replace(A, B)))
    assert (there.source_account, there.account, there.senders) == (B, A, (B,))
    fed = steps(there).partition("## 4.")[2].partition("## 5.")[0]
    assert f"In the log group's account {B}" in fed
    assert f"`logs:PutSubscriptionFilter` on the log group and on `{there.destination_arn}`" in fed
    assert f"In account {A}" in steps(PLANS["provisioned"]).partition("## 4.")[2]


def code_of(plan: StreamPlan) -> dict[str, Any]:
    """What the page's Python defines."""
    space: dict[str, Any] = {}
    exec(steps(plan).partition("```python\n")[2].partition("```")[0], space)  # noqa: S102
    return space


def in_stream(value: object) -> dict[str, Any]:
    return {"kinesis": {"data": base64.b64encode(json.dumps(value).encode()).decode()}}


def test_a_bucket_s_code_takes_notifications_and_events_and_their_two_ways_to_write_keys() -> None:
    files = code_of(PLANS["a bucket"])["files"]
    notified = {"s3": {"bucket": {"name": "b"}, "object": {"key": "a+b/c%2Bd.gz"}}}
    told = {"detail": {"bucket": {"name": "b"}, "object": {"key": "a b/c+d.gz"}}}
    assert list(files({"Records": [notified]})) == [("b", "a b/c+d.gz")]
    assert list(files({"Records": [in_stream(told)] * 2})) == [("b", "a b/c+d.gz")] * 2


def test_a_rule_s_code_takes_one_event_and_a_batch() -> None:
    events = code_of(PLANS["a rule"])["events"]
    event = {"detail": {"eventID": "1"}}
    assert list(events(event)) == [event]
    assert list(events({"Records": [in_stream(event)] * 3})) == [event] * 3


def test_the_code_of_the_steps_unpacks_both_kinds_of_event() -> None:
    space = code_of(PLANS["provisioned"])
    lines = [{"message": json.dumps({"eventID": str(n)})} for n in range(2)]
    message = {"messageType": "DATA_MESSAGE", "logEvents": lines}
    packed = base64.b64encode(gzip.compress(json.dumps(message).encode())).decode()
    entries = [{"eventID": "0"}, {"eventID": "1"}]
    assert list(space["entries"]({"awslogs": {"data": packed}})) == entries
    records = {"Records": [{"kinesis": {"data": packed}}] * 2}
    assert list(space["entries"](records)) == entries * 2
