"""The order of steps that loses no entry, with the way back, as Markdown."""

from __future__ import annotations

from shlex import quote

from analytics.templates.names import logical
from analytics.templates.spec import Reader, StreamPlan

_UNPACK = '''import base64, gzip, json

def entries(event):
    """CloudTrail entries of a log group's own call, or of a batch of a stream."""
    if "awslogs" in event:
        packed = [event["awslogs"]["data"]]
    else:
        packed = [record["kinesis"]["data"] for record in event["Records"]]
    for text in packed:
        message = json.loads(gzip.decompress(base64.b64decode(text)))
        if message["messageType"] == "DATA_MESSAGE":
            yield from (json.loads(line["message"]) for line in message["logEvents"])
'''


def steps(plan: StreamPlan, *, terraform: bool = False) -> str:
    """The whole page for one plan."""
    names = ", ".join(f"`{reader.function.name}`" for reader in plan.readers)
    parts = [
        f"# Moving {names} behind the stream `{plan.stream}`",
        _intent(plan),
        *(f"## {number}. {text}" for number, text in enumerate(_forward(plan, terraform), 1)),
        "## The way back",
        _back(plan, terraform),
    ]
    return "\n\n".join(parts) + "\n"


def _intent(plan: StreamPlan) -> str:
    return (
        f"Source: `{plan.source}`. Account {plan.account}, region {plan.region}."
        " Between steps 4 and 5 every entry is processed twice, at no time not at all."
        " What the functions write must bear being written twice (as CloudTrail's own delivery"
        " asks for already): tell entries apart by `eventID`."
    )


def _forward(plan: StreamPlan, terraform: bool) -> list[str]:
    return [
        "Let the code take both kinds of event\n\n" + _code(plan),
        "Keep what is there now\n\n" + _keep(plan),
        "Put the stream and its readers there\n\n" + _first(plan, terraform),
        "Feed the stream\n\n" + _unrecorded(plan) + "\n\n" + _second(plan, terraform),
        "Watch both, then cut the old way\n\n" + _cut(plan),
        "See what came\n\n" + _after(plan),
    ]


def _code(plan: StreamPlan) -> str:
    if plan.kind != "cloudwatch_logs":
        return (
            "A stream's batch is `event['Records']`, each with base64 text in"
            " `record['kinesis']['data']`: EventBridge's event as JSON. Take that as well as what"
            " the function is called with today, and deploy it."
        )
    return (
        "The function must understand what the log group sends today and what the stream will."
        f" In Python:\n\n```python\n{_UNPACK}```\n\nDeploy it and see that it works as before."
    )


def _keep(plan: StreamPlan) -> str:
    if plan.kind == "cloudwatch_logs":
        command = f"logs describe-subscription-filters --log-group-name {quote(plan.source_name)}"
    elif plan.kind == "s3":
        command = f"s3api get-bucket-notification-configuration --bucket {quote(plan.source_name)}"
    else:
        command = f"events list-targets-by-rule {_rule_name(plan)}"
    text = _fence(f"aws {command} --region {plan.region} > before.json")
    if plan.kind == "cloudwatch_logs":
        text += (
            "\n\nA log group takes few subscription filters (two, unless the quota was raised). If"
            " none is free, ask for a higher quota first: replacing the filter in one call also"
            " works, but has no time of both. If the old filter has a pattern, plan again with"
            " `--filter-pattern`."
        )
    return text


def _first(plan: StreamPlan, terraform: bool) -> str:
    if terraform:
        roles = " ".join(_terraform_role(reader) for reader in plan.readers)
        command = f"terraform -chdir=1-stream init && terraform -chdir=1-stream apply {roles}"
    else:
        roles = " ".join(_role(reader) for reader in plan.readers)
        command = (
            f"aws cloudformation deploy --region {plan.region} --stack-name {plan.stream}"
            " --template-file 1-stream.yaml --capabilities CAPABILITY_NAMED_IAM"
            f" --parameter-overrides {roles}"
        )
    checks = "\n".join(
        "aws lambda list-event-source-mappings"
        f" --region {plan.region} --function-name {reader.function.name}"
        for reader in plan.readers
    )
    return (
        f"{_fence(command.strip())}\n\nGo on when every mapping is `Enabled`:\n\n{_fence(checks)}"
    )


def _unrecorded(plan: StreamPlan) -> str:
    """How the stream is left out of a trail that would record every call on it."""
    left_out = f'{{"Field": "resources.ARN", "NotEquals": ["{plan.stream_arn}"]}}'
    trail = f"--trail-name TRAIL --region {plan.region}"
    kept = f"aws cloudtrail get-event-selectors {trail} --query AdvancedEventSelectors"
    put = f"aws cloudtrail put-event-selectors {trail}"
    return (
        "If a trail records Kinesis data events, it would record every call on the stream, and feed"
        " the storm with them. Leave the stream out of it first: keep its selectors,\n\n"
        + _fence(f"{kept} > selectors.json")
        + "\n\nadd this to the `FieldSelectors` of each one on `AWS::Kinesis::Stream`, and put them back:\n\n"
        + f"```json\n{left_out}\n```\n\n"
        + _fence(f"{put} --advanced-event-selectors file://selectors.json")
    )


def _second(plan: StreamPlan, terraform: bool) -> str:
    if plan.kind == "eventbridge":
        target = f"Id=stream,Arn={plan.stream_arn},RoleArn={plan.writer_arn}"
        return _fence(
            f"aws events put-targets {_rule_name(plan)} --targets {target} --region {plan.region}"
        )
    if terraform:
        command = "terraform -chdir=2-feed init && terraform -chdir=2-feed apply"
    else:
        command = (
            f"aws cloudformation deploy --region {plan.region} --stack-name {plan.stream}-feed"
            " --template-file 2-feed.yaml"
        )
    text = f"In the source's account:\n\n{_fence(command)}"
    if plan.kind == "s3":
        text += (
            "\n\nThen let the bucket tell EventBridge: put `before.json` back with"
            ' `"EventBridgeConfiguration": {}` added to it.'
        )
    return text


def _cut(plan: StreamPlan) -> str:
    waiting = plan.alarm_seconds
    text = (
        f"Wait until the iterator age has stayed under {waiting} s for 15 minutes, no alarm is on,"
        " and the stream's `IncomingRecords` follows the old runs. Only then:"
    )
    return f"{text}\n\n{_fence(_cut_command(plan))}"


def _cut_command(plan: StreamPlan) -> str:
    if plan.kind == "cloudwatch_logs":
        return (
            f"aws logs delete-subscription-filter --region {plan.region} --log-group-name"
            f" {quote(plan.source_name)} --filter-name OLD_FILTER_NAME_IN_before.json"
        )
    if plan.kind == "s3":
        return (
            f"aws s3api put-bucket-notification-configuration --bucket {quote(plan.source_name)}"
            " --notification-configuration file://without-the-function.json"
        )
    return (
        f"aws events remove-targets {_rule_name(plan)} --region {plan.region}"
        " --ids OLD_TARGET_ID_IN_before.json"
    )


def _after(plan: StreamPlan) -> str:
    del plan
    return (
        "After a day: `stormtrail ingest …` and `stormtrail plan --promised`. It tells the batch and"
        " s that were promised, and those that came."
    )


def _back(plan: StreamPlan, terraform: bool) -> str:
    feed = "terraform -chdir=2-feed destroy" if terraform else _delete(plan, f"{plan.stream}-feed")
    stream = "terraform -chdir=1-stream destroy" if terraform else _delete(plan, plan.stream)
    if plan.kind == "eventbridge":
        feed = f"aws events remove-targets {_rule_name(plan)} --region {plan.region} --ids stream"
    return "\n".join(
        [
            "1. Put the old way back from `before.json`"
            f" ({_restore(plan)}), and see the function run by it.",
            f"2. Stop feeding the stream: `{feed}`.",
            "3. Wait until the iterator age is 0 and `IncomingRecords` has been 0 for an hour: what"
            " is in the stream is still being processed. Look into the queues of failed batches.",
            f"4. Take the stream away: `{stream}`."
            + ("" if terraform else " Stream and queues are kept; delete them by hand when empty."),
        ]
    )


def _restore(plan: StreamPlan) -> str:
    verbs = {
        "cloudwatch_logs": "aws logs put-subscription-filter",
        "s3": "aws s3api put-bucket-notification-configuration",
    }
    return f"`{verbs.get(plan.kind, 'aws events put-targets')}`"


def _delete(plan: StreamPlan, stack: str) -> str:
    return f"aws cloudformation delete-stack --region {plan.region} --stack-name {stack}"


def _role(reader: Reader) -> str:
    name = "RoleNameOf" + logical(reader.function.name)
    return f"{name}={reader.role_name or 'ITS_ROLE'}"


def _terraform_role(reader: Reader) -> str:
    return f"-var role_of_{reader.stem.replace('-', '_')}={reader.role_name or 'ITS_ROLE'}"


def _rule_name(plan: StreamPlan) -> str:
    bus, _, name = plan.source_name.rpartition("/")
    return f"--rule {quote(name)}" + (f" --event-bus-name {quote(bus)}" if bus else "")


def _fence(text: str) -> str:
    return f"```sh\n{text}\n```"
