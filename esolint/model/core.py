"""Views of the core kinds, as far as rules read them: Secret, ServiceAccount, Namespace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from esolint.resource import Resource
from esolint.value import Route, mapping, text

ROLE_ARN = "eks.amazonaws.com/role-arn"
OBJECT_FIELDS = ("apiVersion", "kind", "metadata", "spec", "status")


class Entry(NamedTuple):
    """One key of a Secret; `value` is its plain text, which no output may show."""

    route: Route
    key: str
    value: str


def is_secret(resource: Resource) -> bool:
    return resource.kind == "Secret" and not resource.group


def is_encrypted(resource: Resource) -> bool:
    """Say whether SOPS wrote this object."""
    return isinstance(resource.get("sops"), dict)


def entries(secret: Resource) -> Iterator[Entry]:
    """Yield the entries of a Secret whose value is a scalar, `data` decoded.

    A key of `stringData` covers the same key of `data` on the cluster; in the file both
    stand, so both are yielded.
    """
    # Its patterns cost milliseconds to compile, and most runs see no Secret.
    from esolint.model.credential import plain_text

    for field in ("data", "stringData"):
        for key, value in mapping(secret.get(field)).items():
            plain = plain_text(value, encoded=field == "data")
            if plain is not None:
                yield Entry((field, key), key, plain)


def role_arn(account: Resource) -> str | None:
    """Return the IAM role that a ServiceAccount is annotated with."""
    return text(account.annotations().get(ROLE_ARN))


# What makes a document worth parsing although it holds no ESO object: a core object that
# rules look at, or a sign of EKS.
_KINDS = ("Secret", "ServiceAccount", "Namespace", "ConfigMap")
_KIND = r"\b(?:Secret|ServiceAccount|Namespace|ConfigMap)\b"
_EKS = (
    *("role-arn", ":eks:", "oidc.eks.", "AWS::EKS::", "eksctl.io"),
    *("eks.services.k8s.aws", "eks.aws."),
)


def may_be_needed(written: str) -> bool:
    """Say whether a text can hold an object that a rule looks at beside ESO's own."""
    if any(sign in written for sign in _EKS):
        return True
    # Most texts hold none of the words, and finding that out is a fraction of a search.
    return any(kind in written for kind in _KINDS) and re.search(_KIND, written) is not None
