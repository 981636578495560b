"""The rules of topic iam: what AWS policies let ESO's identities do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from esolint.model.iam import (
    Identities,
    Policy,
    Statement,
    Use,
    Written,
    globs,
    identities,
    literal_prefix,
    mentions_policy,
    opaque,
    policies,
    used_by_eso,
)
from esolint.repository import Repository
from esolint.resource import Resource
from esolint.rule import Finding, Note
from esolint.words import both, listed

# How files are called that hold a permissions boundary, or an organization's policy (SCP).
_BOUNDARY = r"bounda?ry|(?:^|[/_.-])scps?(?:[/_.-]|$)|service-control-polic"

# AWS Service Authorization Reference, Secrets Manager: every action there is.
_SECRETS_MANAGER = [
    "BatchGetSecretValue",
    "CancelRotateSecret",
    "CreateSecret",
    "DeleteResourcePolicy",
    "DeleteSecret",
    "DescribeSecret",
    "GetRandomPassword",
    "GetResourcePolicy",
    "GetSecretValue",
    "ListSecretVersionIds",
    "ListSecrets",
    "PutResourcePolicy",
    "PutSecretValue",
    "RemoveRegionsFromReplication",
    "ReplicateSecretToRegions",
    "RestoreSecret",
    "RotateSecret",
    "StopReplicationToReplica",
    "TagResource",
    "UntagResource",
    "UpdateSecret",
    "UpdateSecretVersionStage",
    "ValidateResourcePolicy",
]
# The same for Systems Manager, as far as it is about parameters.
_PARAMETERS = [
    "DeleteParameter",
    "DeleteParameters",
    "DescribeParameters",
    "GetParameter",
    "GetParameterHistory",
    "GetParameters",
    "GetParametersByPath",
    "LabelParameterVersion",
    "PutParameter",
    "UnlabelParameterVersion",
]
_ACTIONS = {"secretsmanager": _SECRETS_MANAGER, "ssm": _PARAMETERS}

# On their own they return no value and change none.
_HARMLESS = frozenset(
    [
        "BatchGetSecretValue",
        "DescribeParameters",
        "DescribeSecret",
        "GetRandomPassword",
        "GetResourcePolicy",
        "ListSecretVersionIds",
        "ListSecrets",
        "TagResource",
        "UntagResource",
        "ValidateResourcePolicy",
    ]
)
# The actions that return a value and that AWS checks against the resource's ARN.
_READING = {
    "secretsmanager": ("GetSecretValue",),
    "ssm": ("GetParameter", "GetParameterHistory", "GetParameters", "GetParametersByPath"),
}
_TITLES = {
    "secretsmanager": "Secrets Manager",
    "ssm": "Systems Manager",
    "kms": "KMS",
    "sts": "STS",
}
_SSM_TAGGING = frozenset(("addtagstoresource", "listtagsforresource", "removetagsfromresource"))

# A pattern that spells out verb and object (`ssm:GetParameter*`, as ESO's documentation has
# it) leaves only variants of one operation open.
_PINNED = r"[a-z]+(?:parameter|resourcepolicy|secret)"
_TAG_KEY = r"(?i)[^:]*:resourcetag/.|secretsmanager:secretid$"

# Names of secrets and parameters without a character in common, but for the suffix that
# Secrets Manager adds: a pattern that matches all of them matches every name.
_PROBES = {
    "secretsmanager": ("secret:aa-aaaaaa", "secret:0-000000", "secret:Z/Z-ZZZZZZ"),
    "ssm": ("parameter/aa", "parameter/0", "parameter/Z/Z"),
}


class _Survey(NamedTuple):
    """The policies of identities in one environment, and what is known of ESO's identities."""

    policies: tuple[Policy, ...]
    known: Identities


@lru_cache(maxsize=16)
def _survey(repository: Repository) -> _Survey:
    found: list[Policy] = []
    document, mentions = None, False
    for resource in repository.resources:
        if resource.document is not document:
            document = resource.document
            mentions = mentions_policy(document.text)
        if mentions:
            found.extend(policy for policy in _policies(resource) if not policy.of_resource)
    known = identities(repository.resources if found else ())
    return _Survey(tuple(found), known)


@lru_cache(maxsize=1024)
def _policies(resource: Resource) -> tuple[Policy, ...]:
    """Return a resource's policies, the same objects for every environment that shares it."""
    return tuple(policies(resource))


class _Action(NamedTuple):
    """An action as the rules read it: lower case, cut at its colon; `*` is `*:*`."""

    written: Written
    service: str
    operation: str

    @property
    def is_everything(self) -> bool:
        return self.service == "*" and not self.operation.strip("*")

    @property
    def is_whole_service(self) -> bool:
        return self.operation.lstrip("?") != "" and not self.operation.strip("*?")

    def matches(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if globs(self.operation, name.lower())]


def _actions(statement: Statement) -> list[_Action]:
    found = []
    for written in statement.actions:
        action = opaque(written[1]).strip().lower()
        service, colon, operation = action.partition(":")
        if not colon and not action.strip("*") and action:
            service, operation = "*", "*"
        found.append(_Action(written, service, operation))
    return found


def wildcard_action(repository: Repository) -> Iterator[Finding]:
    """Yield the wildcard actions that identity policies allow on secrets.

    A bare `*` is for the strict profile where nothing shows that ESO uses the identity.
    """
    survey = _survey(repository)
    for policy in survey.policies:
        use = used_by_eso(policy, survey.known)
        for statement in policy.statements:
            if statement.effect == "Allow":
                yield from _wildcards(policy, statement, use)


def _wildcards(policy: Policy, statement: Statement, use: Use | None) -> Iterator[Finding]:
    """Yield the findings of one statement, the widest pattern for the narrower ones with it."""
    actions = [
        action
        for action in _actions(statement)
        if not policy.resource.unknown(action.written[0])
        and ("*" in action.operation or "?" in action.operation)
    ]
    everything = next((action for action in actions if action.is_everything), None)
    if everything is not None:
        # A boundary limits what other policies grant, and grants nothing.
        if use is not None or not re.search(_BOUNDARY, policy.resource.document.path.lower()):
            yield _everything(policy, everything, use)
        return
    reported: list[_Action] = []
    for action in sorted(actions, key=lambda action: not action.is_whole_service):
        if not _may_concern(statement, action.service) or any(
            wider.service == action.service and globs(wider.operation, action.operation)
            for wider in reported
        ):
            continue
        finding = _wildcard(policy, statement, action, use)
        if finding is not None:
            reported.append(action)
            yield finding


def _everything(policy: Policy, action: _Action, use: Use | None) -> Finding:
    route, written = action.written
    if use is None:
        message = f'Action "{written}" allows every action of every AWS service'
        return Finding(policy.resource, route, message, "everything-elsewhere", profile="strict")
    return Finding(
        policy.resource,
        route,
        f'Action "{written}" allows every action of every AWS service to the identity {use.why}',
        "everything",
        confidence=None if use.resource else "medium",
        related=_notes(use),
    )


def _notes(use: Use | None) -> tuple[Note, ...]:
    if use is None or use.resource is None:
        return ()
    return (Note(use.resource, use.route, "ESO uses the identity here"),)


def _wildcard(
    policy: Policy, statement: Statement, action: _Action, use: Use | None
) -> Finding | None:
    route, written = action.written
    service = action.service
    title = _TITLES.get(service)
    if title is None or (service == "ssm" and use is None and not _about_parameters(statement)):
        return None
    if action.is_whole_service:
        if service in ("kms", "sts") and use is None:
            return None
        proved = service in _ACTIONS and (use is not None or _about_secrets(statement))
        return Finding(
            policy.resource,
            route,
            f'Action "{written}" allows every action of {title}',
            "whole-service",
            severity=None if proved and not _narrowed(statement) else "warning",
            related=_notes(use),
        )
    matched = action.matches(_ACTIONS.get(service, ()))
    telling = [name for name in matched if name not in _HARMLESS]
    if (
        not telling
        or len(matched) == 1
        or re.match(_PINNED, literal_prefix(action.operation))
        or _narrowed(statement)
    ):
        return None
    ranked = sorted(matched, key=lambda name: name in _HARMLESS)
    shown = ", ".join(ranked[:3]) + (", …" if len(ranked) > 3 else "")
    return Finding(
        policy.resource,
        route,
        f'Action "{written}" matches {shown}',
        "partial",
        related=_notes(use),
    )


def wildcard_resource(repository: Repository) -> Iterator[Finding]:
    """Yield the resources that let an identity read every secret or parameter."""
    survey = _survey(repository)
    for policy in survey.policies:
        if any(_denies_the_rest(statement) for statement in policy.statements):
            continue
        use = used_by_eso(policy, survey.known)
        for statement in policy.statements:
            if statement.effect == "Allow" and not _narrowed(statement):
                yield from _wide_resources(policy, statement, use)


def _wide_resources(policy: Policy, statement: Statement, use: Use | None) -> Iterator[Finding]:
    reading: dict[str, list[str]] = {}
    for action in _actions(statement):
        names = _READING.get(action.service, ())
        if action.matches(names) and not policy.resource.unknown(action.written[0]):
            reading.setdefault(action.service, []).append(action.written[1])
    if use is None and not _about_parameters(statement):
        reading.pop("ssm", None)
    covered: set[str] = set()
    reach = [(written, _reach(written[1], reading)) for written in statement.resources]
    for (route, written), services in sorted(reach, key=lambda item: item[0][1].strip("*") != ""):
        wide = {service: scope for service, scope in services.items() if service not in covered}
        if not wide:
            continue
        covered.update(service for service, scope in wide.items() if scope == "every")
        allowed = [name for service in wide for name in reading[service]]
        things = " and ".join("secret" if s == "secretsmanager" else "parameter" for s in wide)
        account = "every" not in wide.values()
        where = " of its account and region" if account else ""
        yield Finding(
            policy.resource,
            route,
            f'Resource "{written}" lets {_listed(allowed)} read every {things}{where}',
            "whole-account" if account else "every-name",
            related=_notes(use),
        )


def _listed(names: list[str]) -> str:
    return f"{listed(names, 2)} actions" if len(names) > 3 else both(names)


def _reach(written: str, services: Iterable[str]) -> dict[str, str]:
    """Return the services of which a resource pattern matches every name.

    "every" where region or account are open too, "account" where both are given.
    """
    found = {}
    pattern = opaque(written).strip()
    parts = pattern.split(":", 5)
    partition = _given(parts, 1) or "aws"
    region, account = _given(parts, 3), _given(parts, 4)
    for service in services:
        if service == "ssm" and len(parts) == 6 and not parts[4]:
            continue  # AWS's public parameters have no account
        start = f"arn:{partition}:{service}:{region or 'zz-zzzz-9'}:{account or '999999999999'}:"
        if all(globs(pattern, start + name) for name in _PROBES[service]):
            found[service] = "account" if region and account else "every"
    return found


def _given(parts: list[str], index: int) -> str:
    """Return a part of an ARN that is given, if not always known; "" where it is a pattern.

    The last of fewer than six parts may stand for several: `arn:aws:secretsmanager:*`.
    """
    part = parts[index] if index < len(parts) - 1 else ""
    return "" if "*" in part or "?" in part else part


def _may_concern(statement: Statement, service: str) -> bool:
    """Say whether the statement's resources can be secrets, parameters, keys or roles.

    `ssm:*` on instances or documents is not about parameters, and what AWS publishes under
    parameter/aws/service/ is no secret.
    """
    if not statement.resources or statement.open & {"Resource"}:
        return True
    return any(_can_be(opaque(written).strip(), service) for _, written in statement.resources)


def _can_be(pattern: str, service: str) -> bool:
    parts = pattern.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return True
    if "\0" not in parts[2] and not globs(parts[2], "iam" if service == "sts" else service):
        return False
    if service != "ssm":
        return True
    name = parts[5].partition("\0")[0]
    start = literal_prefix(name)
    public = not parts[4] or start.startswith("parameter/aws/service/")
    whole = start == name and "\0" not in parts[5]
    return not public and (start.startswith("parameter") if whole else _meet(start, "parameter/"))


def _meet(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _about_secrets(statement: Statement) -> bool:
    """Say whether all that a statement allows serves secrets: no role of another purpose."""
    return all(
        action.service in ("secretsmanager", "kms", "sts", "tag")
        or (action.service == "ssm" and _is_parameter_action(action.operation))
        for action in _actions(statement)
    )


def _about_parameters(statement: Statement) -> bool:
    """Say whether the Systems Manager part of a statement is about parameters.

    Node agents, Session Manager and Karpenter have such actions among others on `*`.
    """
    named = any(":parameter" in written for _, written in statement.resources)
    return named or _about_secrets(statement)


def _is_parameter_action(operation: str) -> bool:
    return (
        "parameter" in operation
        or "*" in operation
        or "?" in operation
        or operation in _SSM_TAGGING
    )


def _narrowed(statement: Statement) -> bool:
    """Say whether a condition picks secrets by tag or ARN, or cannot be read."""
    return "Condition" in statement.open or any(
        re.match(_TAG_KEY, key) for _, key in statement.conditions
    )


def _denies_the_rest(statement: Statement) -> bool:
    """Say whether a Deny may take back what an Allow on everything gives too much."""
    return statement.effect == "Deny" and (
        bool(statement.not_resources) or "NotResource" in statement.open or _narrowed(statement)
    )
