"""What one arrival of ordinary work writes, and what the recipes of all kinds share."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from simulation import calls
from simulation.identities import Caller
from simulation.organization import Call, Shape, Workload
from simulation.templates import Template, compile_record


@dataclass(frozen=True)
class Step:
    """One record of an arrival: `offset` seconds after it, with `chance`; a `run` is a request."""

    template: Template
    offset: float = 0.0
    chance: float = 1.0
    run: int = -1


@dataclass(frozen=True)
class Recipe:
    """What an arrival writes: each of the steps, or one of them."""

    steps: tuple[Step, ...]
    one_of: bool = False


BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.13.3 terraform-provider-aws/6.17.0 aws-sdk-go-v2/1.39.2"
)
CLI = "aws-cli/2.31.18 md/awscrt#0.27.6 ua/2.1 os/linux lang/python#3.13.7"
SDK = "aws-sdk-java/2.35.6 md/io#sync md/http#Apache ua/2.1 os/Linux lang/java#21.0.8"


def address(workload: Workload) -> str:
    """The address its people or machines call from."""
    number = crc32(f"{workload.account}{workload.name}".encode())
    return f"198.51.{number % 100}.{number // 256 % 250 + 1}"


def api(workload: Workload, caller: Caller, call: Call, shape: Shape) -> Template:
    """A call that is not a run."""
    body = calls.api_call(call, caller, workload.account, workload.region, shape)
    return compile_record(body, resource=call.resource)
