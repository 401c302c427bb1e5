"""Ordinary work by people, pipelines, machines and services."""

from __future__ import annotations

from simulation import identities
from simulation.organization import MANAGEMENT, S3, Call, Shape, Workload
from simulation.recipes import BROWSER, CLI, SDK, TERRAFORM, Recipe, Step, address, api


def console(workload: Workload, shape: Shape) -> Recipe:
    """Someone looks around in the console."""
    name = workload.name
    session = f"{name}@example.com"
    caller = identities.role(
        workload.account, "AWSReservedSSO_Developer", session, address(workload), BROWSER
    )
    calls = (
        ("ec2.amazonaws.com", "DescribeInstances"),
        ("cloudwatch.amazonaws.com", "DescribeAlarms"),
        ("logs.amazonaws.com", "DescribeLogGroups"),
        ("lambda.amazonaws.com", "ListFunctions20150331"),
        ("s3.amazonaws.com", "ListBuckets"),
        ("cloudtrail.amazonaws.com", "LookupEvents"),
        ("iam.amazonaws.com", "ListRoles"),
    )
    return Recipe(
        tuple(
            Step(api(workload, caller, Call(service, name, MANAGEMENT, ""), shape))
            for service, name in calls
        ),
        one_of=True,
    )


def user(workload: Workload, shape: Shape) -> Recipe:
    """A user of the command line, some with hostile user agents."""
    agents = (CLI, f"{CLI} <script>alert(1)</script>", "=cmd|' /C calc'!A0", "\x1b[31mred\x1b[0m")
    calls = ("DescribeSecurityGroups", "DescribeInstances", "DescribeVpcs", "DescribeVolumes")
    steps = (
        Step(
            api(
                workload,
                identities.user(workload.account, workload.name, address(workload), agent),
                Call("ec2.amazonaws.com", call, MANAGEMENT, ""),
                shape,
            )
        )
        for agent, call in zip(agents, calls, strict=True)
    )
    return Recipe(tuple(steps), one_of=True)


def ci(workload: Workload, shape: Shape) -> Recipe:
    """A pipeline plans and sometimes deploys."""
    caller = identities.role(
        workload.account, "ci-deploy", "GitHubActions", address(workload), TERRAFORM
    )
    plan = [
        ("sts.amazonaws.com", "GetCallerIdentity", 1.0),
        ("ec2.amazonaws.com", "DescribeVpcs", 1.0),
        ("iam.amazonaws.com", "GetRole", 0.9),
        ("lambda.amazonaws.com", "GetFunction20150331v2", 0.9),
        ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", 0.1),
        ("cloudformation.amazonaws.com", "DescribeStacks", 0.7),
    ]
    return Recipe(
        tuple(
            Step(api(workload, caller, Call(service, name, MANAGEMENT, ""), shape), 2.0 * i, chance)
            for i, (service, name, chance) in enumerate(plan)
        )
    )


def instance(workload: Workload, shape: Shape) -> Recipe:
    """An instance with a role."""
    caller = identities.role(
        workload.account, f"{workload.name}-instance", "i-0dbc91f429e48eeed", "10.0.7.21", SDK
    )
    key = (
        f"arn:aws:kms:{workload.region}:{workload.account}:key/0e5d0ab6-097e-49d8-99ef-747ce3e5f8f4"
    )
    calls = (
        Call("kms.amazonaws.com", "Decrypt", MANAGEMENT, key),
        Call("ssm.amazonaws.com", "UpdateInstanceInformation", MANAGEMENT, ""),
        Call("dynamodb.amazonaws.com", "DescribeTable", MANAGEMENT, f"{workload.name}-table"),
        Call("secretsmanager.amazonaws.com", "GetSecretValue", MANAGEMENT, f"{workload.name}/db"),
        Call("s3.amazonaws.com", "GetObject", S3, f"{workload.name}-data"),
    )
    return Recipe(tuple(Step(api(workload, caller, call, shape)) for call in calls), one_of=True)


def service_role(workload: Workload, shape: Shape) -> Recipe:
    """A service assumes its role."""
    host = "autoscaling.amazonaws.com"
    caller = identities.service(host)
    target = f"arn:aws:iam::{workload.account}:role/aws-service-role/{host}/AWSServiceRole"
    assume = api(
        workload, caller, Call("sts.amazonaws.com", "AssumeRole", MANAGEMENT, target), shape
    )
    return Recipe((Step(assume),))
