"""The order of steps that loses no entry, with the way back, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from shlex import quote

from analytics.templates import handlers
from analytics.templates.names import logical
from analytics.templates.spec import RETENTION_HOURS, RETRIES, Reader, StreamPlan


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
    size = max(reader.batch_size for reader in plan.readers)
    return (
        "The function must understand what it is called with today and what the stream will send. In"
        f" Python:\n\n```python\n{handlers.BY_KIND[plan.kind]}```\n\n"
        f"A batch has up to {size:,} records, and a record may hold many entries: raise the timeout and"
        " memory until such a batch is done in good time, and leave no fewer reserved concurrent runs"
        f" than the stream has shards ({plan.shards}). Deploy it and see that it works as before."
    )


def _keep(plan: StreamPlan) -> str:
    if plan.kind == "cloudwatch_logs":
        command = f"logs describe-subscription-filters --log-group-name {quote(plan.source_name)}"
    elif plan.kind == "s3":
        command = f"s3api get-bucket-notification-configuration --bucket {quote(plan.source_name)}"
    else:
        command = f"events list-targets-by-rule {_rule_name(plan)}"
    return _fence(f"aws {command} --region {plan.region} > before.json") + _KEPT[plan.kind](plan)


def _kept_filters(plan: StreamPlan) -> str:
    pattern = (
        "The new filter has the old one's pattern, as the archive or you told it"
        if plan.filter_pattern
        else "The new filter takes everything: if the old one has a pattern in `before.json`, plan"
        " again with `--filter-pattern`"
    )
    return (
        "\n\nA log group takes few subscription filters (two; more where the quota was raised). If"
        " none is free, ask for a higher quota first: replacing the filter in one call also works, but"
        f" has no time of both. {pattern}. If an account policy subscribes the group, it is in no such"
        " list: see `aws logs describe-account-policies --policy-type SUBSCRIPTION_FILTER_POLICY`."
    )


def _kept_bucket(plan: StreamPlan) -> str:
    return (
        f"\n\nThe bucket must belong to account {plan.account} and lie in {plan.region}: EventBridge"
        " hears of its files there and nowhere else. Of another account's bucket, keep the function."
    )


_KEPT: Mapping[str, Callable[[StreamPlan], str]] = {
    "cloudwatch_logs": _kept_filters,
    "s3": _kept_bucket,
    "eventbridge": lambda _: "\n\nA rule takes five targets: one must be free.",
}


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
        f"In account {plan.account}. There must be no such stream yet: it may have other readers, and"
        " this plan would take them off. This must answer `ResourceNotFoundException`:"
        f"\n\n{_fence(_look(plan))}\n\n{_fence(command.strip())}\n\n"
        "If it fails with `Could not deliver test message` or `cannot be assumed`, the new role is not"
        f" known everywhere yet: {_again(plan, terraform)}. Go on when every mapping is `Enabled`:"
        f"\n\n{_fence(checks)}"
    )


def _again(plan: StreamPlan, terraform: bool) -> str:
    return "run it again" if terraform else f"`{_delete(plan, plan.stream)}`, and run it again"


def _look(plan: StreamPlan) -> str:
    name = f"--stream-name {plan.stream}"
    return f"aws kinesis describe-stream-summary --region {plan.region} {name}"


def _unrecorded(plan: StreamPlan) -> str:
    """How the stream is left out of a trail that would record every call on it."""
    left_out = f'{{"Field": "resources.ARN", "NotEquals": ["{plan.stream_arn}"]}}'
    trail = "--trail-name TRAIL --region ITS_HOME_REGION"
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
    text = f"{_where(plan)}:\n\n{_fence(command)}"
    if plan.kind == "s3":
        text += (
            "\n\nThen let the bucket tell EventBridge: put `before.json` back with"
            ' `"EventBridgeConfiguration": {}` added to it.'
        )
    return text


def _where(plan: StreamPlan) -> str:
    """Who applies the second part, and what that takes besides its template."""
    if plan.kind != "cloudwatch_logs" or plan.source_account == plan.account:
        return f"In account {plan.account}"
    return (
        f"In the log group's account {plan.source_account}, by somebody who is allowed"
        f" `logs:PutSubscriptionFilter` on the log group and on `{plan.destination_arn}`"
    )


def _cut(plan: StreamPlan) -> str:
    waiting = plan.alarm_seconds
    text = (
        f"Wait until the iterator age has stayed under {waiting} s for 15 minutes, no alarm is on,"
        " and the stream's `IncomingRecords` follows the old runs. What the stream refuses CloudWatch Logs"
        " tries again for a day; what it may not write it drops, so see that entries arrive. Only then"
        " (where a template of yours made the old way, take it out there instead):"
    )
    return f"{text}\n\n{_fence(_cut_command(plan))}\n\n{_failed(plan)}"


def _failed(plan: StreamPlan) -> str:
    """What to do about a batch that no retry could process."""
    queues = ", ".join(f"`{reader.dead_letters}`" for reader in plan.readers)
    return (
        f"If a message comes to {queues}, one record could not be processed after {RETRIES} tries. The"
        " message names its shard and sequence numbers, not its text: for"
        f" {RETENTION_HOURS} hours `aws kinesis get-shard-iterator --shard-iterator-type"
        " AT_SEQUENCE_NUMBER` and `get-records` find it in the stream; after that its entries are in the"
        " trail's bucket."
    )


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
        "After a day: `stormtrail ingest …` and `stormtrail analyze`. Its notes tell the entries a run, s"
        " and ρ that were promised, and those that came; so does `stormtrail plan --promised`."
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
