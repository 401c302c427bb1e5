"""Answers of AWS that no server here gives, in the form of the API references."""

from __future__ import annotations

import json

import pytest

from ingest.topology import links
from ingest.topology.document import Link, Told
from tests.ingest.topology.conftest import ACCOUNT, GROUP, REGION, ROUTER, arn

TOLD = Told(ACCOUNT, REGION, "logs:DescribeAccountPolicies")
EVERY, OWN = arn("logs", "log-group:*"), arn("logs", "log-group:/aws/lambda/router")


def test_an_account_policy_starts_its_target_from_all_groups_but_the_excepted() -> None:
    document = {"DestinationArn": ROUTER, "FilterPattern": "", "Distribution": "Random"}
    answer = {
        "policyType": "SUBSCRIPTION_FILTER_POLICY",
        "policyDocument": json.dumps(document),
        "selectionCriteria": 'LogGroupName NOT IN ["/aws/lambda/router"]',
        "accountId": ACCOUNT,
    }
    assert list(links.of_account_policy(answer, [GROUP, OWN], TOLD)) == [
        Link(source=EVERY, target=ROUTER, excepted=("/aws/lambda/router",), told=TOLD),
        Link(source=GROUP, target=ROUTER, told=TOLD),
    ]


@pytest.mark.parametrize("document", [None, "", "{", "[]", "{}", '{"DestinationArn": 3}'])
def test_an_account_policy_that_names_no_target_is_no_link(document: object) -> None:
    assert list(links.of_account_policy({"policyDocument": document}, [GROUP], TOLD)) == []


@pytest.mark.parametrize(
    ("pattern", "reads"),
    [
        ({"detail-type": ["AWS API Call via CloudTrail"]}, True),
        ({"detail-type": [{"prefix": "AWS API Call via CloudTrail"}]}, True),
        ({"source": ["aws.s3"], "detail": {"eventName": ["PutObject"]}}, True),
        ({"source": ["aws.s3"], "detail-type": ["Object Created"]}, False),
        ({"source": ["aws.s3"]}, False),
    ],
)
def test_only_rules_that_ask_for_api_calls_read_the_trail(
    pattern: dict[str, object], reads: bool
) -> None:
    assert links.reads_cloudtrail({"EventPattern": json.dumps(pattern)}) is reads


def test_a_schedule_and_a_disabled_rule_read_no_trail() -> None:
    pattern = json.dumps({"detail-type": ["AWS API Call via CloudTrail"]})
    assert not links.reads_cloudtrail({"ScheduleExpression": "rate(1 hour)"})
    assert not links.reads_cloudtrail({"EventPattern": pattern, "State": "DISABLED"})


def test_a_notification_of_one_accounts_files_asks_for_its_entries() -> None:
    def told(target: str, *prefixes: str) -> list[dict[str, object]]:
        rules = [[{"Name": "prefix", "Value": prefix}] for prefix in prefixes]
        return [{"LambdaFunctionArn": target, "Filter": {"Key": {"FilterRules": r}}} for r in rules]

    one, both = told(ROUTER, f"AWSLogs/{ACCOUNT}/"), told(f"{ROUTER}-2", "AWSLogs/", "Config/")
    two = told(f"{ROUTER}-3", f"AWSLogs/{ACCOUNT}/", "AWSLogs/999988887777/")
    answer = {"LambdaFunctionConfigurations": [*one, *both, *two]}
    found = links.of_bucket("arn:aws:s3:::files", answer, TOLD)
    asked = f'{{ $.recipientAccountId = "{ACCOUNT}" }}'
    assert [(link.target, link.pattern) for link in found] == [
        (ROUTER, asked),
        (f"{ROUTER}-2", None),
        (f"{ROUTER}-3", None),
    ]
