"""CloudTrail's own spelling of its field names, found without regard to case and underscores."""

from __future__ import annotations

from typing import Any

from ingest.decode import REST_FIELDS
from ingest.formats.base import plain
from ingest.schema import BOOLEAN_FIELDS, JSON_FIELDS, TEXT_FIELDS, TIME_FIELD

FIELDS = {
    plain(name): name
    for name in (
        *TEXT_FIELDS.values(),
        *BOOLEAN_FIELDS.values(),
        *JSON_FIELDS.values(),
        *REST_FIELDS,
        TIME_FIELD,
        "vpcEndpointAccountId",
        "annotation",
    )
}
"""Fields of a record."""

STRUCTURED = frozenset({*JSON_FIELDS.values(), *REST_FIELDS} - {"sessionCredentialFromConsole"})
FREE = frozenset({"requestParameters", "responseElements", "additionalEventData"})
"""Fields whose members are named by the called service: their names are kept as they are."""

_MEMBERS = (
    "accessKeyId accountId attributes cipherSuite clientProvidedHostHeader creationDate "
    "credentialId credentialsIssuedTo ec2IssuedInVpc ec2RoleDelivery federatedProvider "
    "identityProvider identityStoreArn inScopeOf invokedBy issuerType mfaAuthenticated onBehalfOf "
    "originalEventID originalRequestID principalId sessionContext sessionIssuer sourceAccount "
    "sourceArn sourceIdentity tlsVersion updatedFields userId userName webIdFederationData"
)
MEMBERS = {plain(name): name for name in _MEMBERS.split()}
# As the documentation of CloudTrail Lake misspells it.
MEMBERS["credentiaisissuedto"] = "credentialsIssuedTo"


def spelled(value: Any, *, in_resource: bool = False) -> Any:
    """A structure with its members' names in CloudTrail's spelling and without its nulls."""
    if isinstance(value, list):
        return [spelled(item, in_resource=in_resource) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        _member(name, in_resource): spelled(item)
        for name, item in value.items()
        if item is not None
    }


def _member(name: str, in_resource: bool) -> str:
    if in_resource and plain(name) in ("arn", "arnprefix"):
        return "ARN" if plain(name) == "arn" else "ARNPrefix"
    return MEMBERS.get(plain(name), name)
