"""What the accounts are asked, over real HTTP, and what the analysis reads of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analytics import configured
from analytics.topology import Link
from ingest.topology.access import Access
from ingest.topology.document import Document
from ingest.topology.pull import PullOptions, pull
from ingest.topology.shelf import store_pulled
from stormtrail.errors import AccessError, InputError, UsageError
from stormtrail.layout import Layout
from tests.ingest.topology.conftest import (
    ACCOUNT,
    BUCKET,
    DELIVERY,
    DESTINATION,
    ENRICHER,
    GROUP,
    PATTERN,
    QUEUE,
    READER,
    REGION,
    ROUTER,
    RULE,
    SELECTORS,
    STREAM,
    TOPIC,
    TRAIL,
    Aws,
    arn,
)  # fmt: skip

DOCS = Path(__file__).parents[3] / "docs" / "topology.md"
# the server has no such call: every pull of it says so
NO_POLICIES = (
    f"account {ACCOUNT} {REGION} logs:DescribeAccountPolicies: AWS answered 500; "
    "its links are not known"
)
LINKS = {
    (TRAIL, GROUP), (TRAIL, BUCKET), (TRAIL, TOPIC), (GROUP, ROUTER),
    (arn("logs", "log-group:/aws/lambda/router"), ROUTER), (DESTINATION, STREAM),
    (STREAM, ENRICHER), (STREAM, DELIVERY), (DELIVERY, ENRICHER), (DELIVERY, BUCKET),
    (BUCKET, READER), (TOPIC, QUEUE), (RULE, READER),
}  # fmt: skip


def pulled(aws: Aws, **more: Any) -> tuple[Document, list[str]]:
    """A pull at a fixed time, and what it said."""
    said: list[str] = []
    given: dict[str, Any] = {"regions": (REGION,), "access": aws.access}
    options = PullOptions(**(given | more))
    return pull(options, said.append, now=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC)), said


def ends(document: Document) -> set[tuple[str, str]]:
    return {link.key for link in document.links}


def test_the_analysis_reads_every_link_of_a_pipeline_as_the_account_told_it(
    pipeline: Aws, layout: Layout
) -> None:
    document, said = pulled(pipeline)
    path = store_pulled(layout, document)
    topology = configured.read(layout)
    more: dict[tuple[str, str], Any] = {
        (RULE, READER): {"pattern": PATTERN},
        (STREAM, ENRICHER): {"batch_size": 500},
    }
    assert set(topology.links) == {
        Link(*key, origin="configured", **more.get(key, {})) for key in LINKS
    }
    assert said == [NO_POLICIES]
    assert path == layout.topology / "pulled-20260301T120000Z.json"
    assert document.taken_at == "2026-03-01T12:00:00Z"


def test_a_trail_comes_with_its_reach_and_its_selectors(pipeline: Aws, layout: Layout) -> None:
    store_pulled(layout, pulled(pipeline)[0])
    trails = configured.read(layout).trails
    trail = trails[TRAIL]
    assert list(trails) == [TRAIL]
    assert (trail.account, trail.region) == (ACCOUNT, REGION)
    assert (trail.organization, trail.multi_region) == (False, True)
    assert [list(chosen.rules) for _, chosen in trail.selectors] == [SELECTORS]


def test_a_trail_of_another_home_region_is_found_from_here_with_what_reads_it(
    pipeline: Aws,
) -> None:
    document, _ = pulled(pipeline, regions=("us-east-1",))
    assert [trail.region for trail in document.trails] == [REGION]
    assert {(TRAIL, GROUP), (GROUP, ROUTER), (BUCKET, READER), (TOPIC, QUEUE)} == {
        key for key in ends(document) if key[0] in (GROUP, BUCKET, TOPIC) or key[1] == GROUP
    }


def test_more_log_groups_than_a_page_holds_are_all_asked(aws: Aws) -> None:
    logs = aws.client("logs")
    wanted = set()
    for number in range(60):
        logs.create_log_group(logGroupName=f"group-{number:02}")
    for number in (0, 30, 59):
        logs.put_subscription_filter(
            logGroupName=f"group-{number:02}",
            filterName="all",
            filterPattern="",
            destinationArn=_stream(aws, number),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/run",
        )
        wanted.add((arn("logs", f"log-group:group-{number:02}"), _stream_arn(number)))
    assert ends(pulled(aws)[0]) == wanted


def _stream_arn(number: int) -> str:
    return arn("kinesis", f"stream/s{number}")


def _stream(aws: Aws, number: int) -> str:
    aws.client("kinesis").create_stream(StreamName=f"s{number}", ShardCount=1)
    return _stream_arn(number)


def documented_policy() -> dict[str, Any]:
    """The policy that docs/topology.md prints."""
    blocks = re.findall(r"```json\n(.*?)```", DOCS.read_text(), re.DOTALL)
    return next(found for found in map(json.loads, blocks) if "Statement" in found)


def become(aws: Aws, policy: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the server checks permissions, and the credentials are a user's with this policy."""
    aws.post("reset-auth", "inf")
    iam = aws.client("iam")
    name = f"ada-{len(iam.list_users()['Users'])}"
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    aws.post("reset-auth", "0")


def without(policy: dict[str, Any], *actions: str) -> dict[str, Any]:
    """The policy, lacking these actions."""
    for statement in policy["Statement"]:
        statement["Action"] = [name for name in statement["Action"] if name not in actions]
    policy["Statement"] = [one for one in policy["Statement"] if one["Action"]]
    return policy


def denied(action: str) -> str:
    return (
        f"account {ACCOUNT} {REGION} {action}: access is denied; allow {action}; "
        "its links are not known"
    )


# The server's permission check misreads Lambda's GET requests, and so refuses them whatever the policy.
NO_MAPPINGS = denied("lambda:ListEventSourceMappings")
WITH_CHECKS = LINKS - {(STREAM, ENRICHER)}
# what is not known where a call is denied: what it tells, and what is only asked of what it tells
LOST = {
    "cloudtrail:DescribeTrails": {(TRAIL, GROUP), (TRAIL, BUCKET), (TRAIL, TOPIC), (TOPIC, QUEUE)},
    "logs:DescribeSubscriptionFilters": {
        (GROUP, ROUTER),
        (arn("logs", "log-group:/aws/lambda/router"), ROUTER),
    },
    "firehose:DescribeDeliveryStream": {
        (STREAM, DELIVERY),
        (DELIVERY, ENRICHER),
        (DELIVERY, BUCKET),
    },
    "events:ListRules": {(RULE, READER)},
    "s3:GetBucketNotification": {(BUCKET, READER)},
}


def test_the_documented_policy_is_enough(pipeline: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    become(pipeline, documented_policy(), monkeypatch)
    document, said = pulled(pipeline)
    assert ends(document) == WITH_CHECKS
    assert [trail.event_selectors for trail in document.trails] == [SELECTORS]
    assert sorted(said) == sorted([NO_POLICIES, NO_MAPPINGS])


def test_a_denied_call_is_one_line_and_costs_only_what_it_tells(
    pipeline: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for action, lost in LOST.items():
        become(pipeline, without(documented_policy(), action), monkeypatch)
        document, said = pulled(pipeline)
        assert sorted(said) == sorted([denied(action), NO_POLICIES, NO_MAPPINGS])
        assert ends(document) == WITH_CHECKS - lost
        assert action not in {told.call for told in document.calls}


def test_where_nothing_is_answered_it_is_an_error_and_not_an_empty_topology(
    pipeline: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}],
    }
    become(pipeline, nothing, monkeypatch)
    with pytest.raises(AccessError, match="no call was answered"):
        pulled(pipeline)


def test_a_wrong_key_is_named_without_its_secret(
    pipeline: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(pipeline, documented_policy(), monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    with pytest.raises(AccessError) as raised:
        pulled(pipeline)
    assert raised.value.line() == (
        "sts:GetCallerIdentity: the credentials are not taken (InvalidClientTokenId); "
        "renew the login, or enable the region"
    )


def test_a_server_that_is_not_there_is_one_line(aws: Aws) -> None:
    access = Access(endpoint_url="http://127.0.0.1:9", region=REGION, attempts=1)
    with pytest.raises(InputError, match="the server cannot be reached"):
        pulled(aws, access=access)


def test_options_that_do_not_go_together_say_what_to_add(aws: Aws) -> None:
    with pytest.raises(UsageError) as no_region:
        pulled(aws, regions=(), access=Access(endpoint_url=aws.url))
    with pytest.raises(UsageError) as no_role:
        pulled(aws, accounts=("222222222222",))
    assert no_region.value.hint == "add --region NAME, once for each region"
    assert no_role.value.hint == "add --role-name NAME, a role that those accounts let you assume"


MEMBER_ROLE = "OrganizationAccountAccessRole"


def test_every_account_of_an_organization_is_asked_through_the_role(pipeline: Aws) -> None:
    organizations = pipeline.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(Email="logs@example.com", AccountName="logs")
    member = made["CreateAccountStatus"]["AccountId"]
    session = pipeline.access.assumed(
        pipeline.access.session(), f"arn:aws:iam::{member}:role/{MEMBER_ROLE}", REGION
    )
    stream = f"arn:aws:kinesis:{REGION}:{member}:stream/archive"
    pipeline.access.client(session, "logs", REGION).put_destination(
        destinationName="archive", targetArn=stream, roleArn=f"arn:aws:iam::{member}:role/run"
    )
    document, said = pulled(pipeline, role_name=MEMBER_ROLE)
    assert ends(document) == LINKS | {
        (f"arn:aws:logs:{REGION}:{member}:destination:archive", stream)
    }
    assert sorted(said) == sorted([NO_POLICIES, NO_POLICIES.replace(ACCOUNT, member)])


def test_an_account_whose_role_may_not_be_assumed_is_left_out_in_one_line(
    pipeline: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    become(pipeline, without(documented_policy(), "sts:AssumeRole"), monkeypatch)
    accounts = (ACCOUNT, "222222222222")
    document, said = pulled(pipeline, role_name=MEMBER_ROLE, accounts=accounts)
    role = f"arn:aws:iam::222222222222:role/{MEMBER_ROLE}"
    line = (
        f"sts:AssumeRole {role}: access is denied; allow sts:AssumeRole; "
        "account 222222222222 is left out"
    )
    assert sorted(said) == sorted([line, NO_POLICIES, NO_MAPPINGS])
    assert ends(document) == WITH_CHECKS
