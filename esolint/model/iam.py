"""AWS IAM policy documents, wherever they stand, and the identities that ESO uses.

A policy document is known by its shape: `Statement` with mappings that have `Effect` and
`Action` or `NotAction`. So plain policy files, ConfigMaps, ACK, Crossplane, CloudFormation,
eksctl and Helm values need no code of their own to be found; only the question to whom a
policy belongs looks at the kinds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from esolint.model.consumer import CLUSTER_STORE, STORE_KINDS
from esolint.model.core import ROLE_ARN, role_arn
from esolint.model.generator import generator_specs
from esolint.resource import Resource, known_namespace
from esolint.value import Route, Value, at, mapping, sequence, text

# Every policy document holds these words; JSON and YAML may write any letter as an escape.
MARKERS = ("Statement", "Effect")
_ESCAPED = r"(?i)\\+(?:(?:u00|x|U000000)(4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])|\r?\n[ \t]*)"

# What leads from an identity that ESO uses to a policy elsewhere.
LINKS = (ROLE_ARN, "PodIdentityAssociation", "RolePolicyAttachment")

_NESTING = 3  # a ConfigMap that holds Helm values that hold a policy as JSON
_PLACEHOLDER = r"(?s)\$\{[^{}]*\}|\{\{.*?\}\}|<[A-Za-z][^<>]*>"
_UNREAD_KINDS = ("CustomResourceDefinition", "Secret")
_CONTROLLER = r"(?i:external-?secrets)|(?<![A-Za-z])(?:eso|Eso|ESO)(?![a-z])"
_SUBJECT = r"system:serviceaccount:([^:]*):([^:]*)"


def mentions_policy(raw: str) -> bool:
    """Say whether a text may hold a policy document; False is certain."""
    if all(marker in raw for marker in MARKERS):
        return True
    if "\\" not in raw or re.search(_ESCAPED, raw) is None:
        return False
    plain = re.sub(_ESCAPED, lambda match: chr(int(match[1], 16)) if match[1] else "", raw)
    return all(marker in plain for marker in MARKERS)


def mentions_identity(raw: str) -> bool:
    """Say whether a text may tell which identity a ServiceAccount or a policy belongs to.

    Without such documents fewer policies are known to be ESO's; none is misjudged.
    """
    return any(link in raw for link in LINKS)


# Policy documents


Written: TypeAlias = "tuple[Route, str]"


class Statement(NamedTuple):
    """One statement. Each list holds the strings as written, with their routes.

    What an intrinsic function or another tool fills in is left out of the lists, and named
    in `open`: the elements ("Resource", …) of which a part is not known. `conditions` are
    the (operator, key) pairs.
    """

    route: Route
    effect: str
    actions: tuple[Written, ...]
    not_actions: tuple[Written, ...]
    resources: tuple[Written, ...]
    not_resources: tuple[Written, ...]
    conditions: tuple[tuple[str, str], ...]
    principal: bool
    open: frozenset[str]


class Policy(NamedTuple):
    """A policy document at `route` of `resource`, which has it parsed if it stood in a string."""

    resource: Resource
    route: Route
    statements: tuple[Statement, ...]

    @property
    def of_resource(self) -> bool:
        """Whether it says who may use something: a trust, key, endpoint or secret policy."""
        return any(statement.principal for statement in self.statements)


def policies(resource: Resource) -> Iterator[Policy]:
    """Yield the policy documents of a resource, in document order.

    Secrets are never searched, nor ESO's own objects: what their templates hold is data.
    """
    if resource.is_eso or resource.kind in _UNREAD_KINDS:
        return
    yield from _below(resource, (), _NESTING)


def _below(resource: Resource, root: Route, nesting: int) -> Iterator[Policy]:
    stack: list[tuple[Route, Value]] = [(root, resource.get(*root))]
    while stack:
        route, value = stack.pop()
        if isinstance(value, dict):
            if _is_policy(value):
                yield Policy(resource, route, _statements(resource, route, value["Statement"]))
            else:
                stack.extend(((*route, key), value[key]) for key in reversed(value))
        elif isinstance(value, list):
            stack.extend(((*route, i), value[i]) for i in range(len(value) - 1, -1, -1))
        elif isinstance(value, str) and nesting and mentions_policy(value):
            inner = resource.embed(route) if route else None
            if inner is not None:
                yield from _below(inner, route, nesting - 1)


def _is_policy(value: dict[str, Value]) -> bool:
    statement = value.get("Statement")
    return any(
        isinstance(item, dict)
        and isinstance(item.get("Effect"), str)
        and ("Action" in item or "NotAction" in item)
        for item in (statement if isinstance(statement, list) else [statement])
    )


def _statements(resource: Resource, route: Route, value: Value) -> tuple[Statement, ...]:
    at_list = (*route, "Statement")
    items: list[tuple[Route, Value]] = [(at_list, value)]
    if isinstance(value, list):
        items = [((*at_list, i), item) for i, item in enumerate(value)]
    return tuple(_statement(resource, here, item) for here, item in items if isinstance(item, dict))


def _statement(resource: Resource, route: Route, value: dict[str, Value]) -> Statement:
    unknown: set[str] = set()

    def written(element: str) -> tuple[Written, ...]:
        found: list[Written] = []
        if element in value and not _strings(resource, (*route, element), value[element], found):
            unknown.add(element)
        return tuple(found)

    conditions = value.get("Condition")
    if conditions is not None and not _is_condition(conditions):
        unknown.add("Condition")
    return Statement(
        route=route,
        effect=text(value.get("Effect")) or "",
        actions=written("Action"),
        not_actions=written("NotAction"),
        resources=written("Resource"),
        not_resources=written("NotResource"),
        conditions=tuple(
            (operator, key)
            for operator, tests in mapping(conditions).items()
            for key in mapping(tests)
        ),
        principal="Principal" in value or "NotPrincipal" in value,
        open=frozenset(unknown),
    )


def _is_condition(value: Value) -> bool:
    """Say whether a Condition is written out; `Fn::If` and the like are not."""
    return isinstance(value, dict) and not any(
        operator == "Ref" or operator.startswith("Fn::") for operator in value
    )


def _strings(resource: Resource, route: Route, value: Value, found: list[Written]) -> bool:
    """Collect a string or a list of strings; return False where a part is not known.

    `Fn::Sub` counts as its text: its placeholders are treated like any other.
    """
    if isinstance(value, str):
        found.append((route, value))
        return True
    if isinstance(value, list):
        if resource.unknown(route):  # !If [condition, this, that], !Join [between, parts]
            return False
        known = [_strings(resource, (*route, i), item, found) for i, item in enumerate(value)]
        return all(known)
    if isinstance(value, dict) and isinstance(value.get("Fn::Sub"), str):
        found.append(((*route, "Fn::Sub"), str(value["Fn::Sub"])))
        return True
    return False


def opaque(written: str) -> str:
    """Return the text with each placeholder as one character that no pattern names.

    IAM's own policy variables (`${aws:PrincipalTag/team}`) are such placeholders too.
    """
    return re.sub(_PLACEHOLDER, "\0", written) if any(c in written for c in "${<") else written


def globs(pattern: str, candidate: str) -> bool:
    """Say whether an IAM pattern (`*` any text, `?` one character) matches; linear per star."""
    p = c = 0
    star = -1
    mark = 0
    while c < len(candidate):
        if p < len(pattern) and pattern[p] == "*":
            star, mark = p, c
            p += 1
        elif p < len(pattern) and pattern[p] in ("?", candidate[c]):
            p += 1
            c += 1
        elif star >= 0:
            p = star + 1
            mark += 1
            c = mark
        else:
            return False
    return all(char == "*" for char in pattern[p:])


def literal_prefix(pattern: str) -> str:
    """Return what stands before a pattern's first wildcard."""
    return re.split(r"[*?]", pattern, maxsplit=1)[0]


# Identities


class Use(NamedTuple):
    """Why an identity counts as one that ESO uses, and where that is written.

    `why` completes "the identity …"; `resource` is None where only a name says so.
    """

    why: str
    resource: Resource | None = None
    route: Route = ()


Subject: TypeAlias = "tuple[str | None, str]"  # namespace (None: not known) and ServiceAccount


class Identities(NamedTuple):
    """The AWS identities that ESO uses, as far as the repository shows them.

    `roles` are names of roles and of the objects that make them, `policies` leads from the
    name of a managed policy to the roles that it is attached to.
    """

    roles: Mapping[str, Use]
    subjects: Mapping[Subject, Use]
    policies: Mapping[str, frozenset[str]]

    def of_role(self, name: str | None) -> Use | None:
        return self.roles.get(role_name(name)) if name else None

    def of_subject(self, namespace: str | None, name: str | None) -> Use | None:
        """Return the use of a ServiceAccount; ESO's own is also known by its name."""
        if not name:
            return None
        for (other_namespace, other), use in self.subjects.items():
            if other == name and None in (namespace, other_namespace):
                return use
            if (other_namespace, other) == (namespace, name):
                return use
        if _is_controller(name):
            return Use(f"of ServiceAccount {name}")
        return None


def role_name(written: str) -> str:
    """Return the name in a role's or policy's ARN; a plain name is its own."""
    return written.rpartition("/")[2] if written.startswith("arn:") else written


def _is_controller(name: str) -> bool:
    return (
        re.search(_CONTROLLER, name) is not None
        and "webhook" not in name
        and "cert-controller" not in name
    )


def _known_name(name: str | None) -> str:
    """Return a name that can be compared: none with placeholders in it."""
    return name if name and opaque(name) == name else ""


def identities(resources: Iterable[Resource]) -> Identities:
    """Collect the identities that stores, generators and the controller use.

    A role counts where a store or generator assumes it, or where a ServiceAccount gets it
    that one of them or the controller uses: by annotation, EKS Pod Identity or trust policy.
    """
    everything = list(resources)
    roles: dict[str, Use] = {}
    subjects: dict[Subject, Use] = {}
    attached: dict[str, frozenset[str]] = {}
    for resource in everything:
        if resource.is_eso:
            _of_consumer(resource, roles, subjects)
    found = Identities(roles, subjects, attached)
    for resource in everything:
        if resource.kind == "ServiceAccount":
            _of_service_account(resource, found, roles)
        elif resource.kind in ("HelmRelease", "Application"):
            _of_chart(resource, roles)
        elif resource.kind == "PodIdentityAssociation":
            spec = _forged(resource)
            use = found.of_subject(text(spec.get("namespace")), text(spec.get("serviceAccount")))
            if use is not None:
                _add(roles, _references(spec, "roleARN", "roleArn", "roleRef", "roleArnRef"), use)
    for resource in everything:
        if resource.kind == "Role" and _is_iam(resource):
            aliases = _aliases(resource)
            use = _first(found.of_role(name) for name in aliases) or _first(
                trusted(policy, found) for policy in policies(resource) if policy.of_resource
            )
            if use is not None:
                _add(roles, aliases, use)
            spec = _forged(resource)
            for name in _references_all(spec, "policies", "policyRefs", "managedPolicyArns"):
                attached[name] = attached.get(name, frozenset()) | frozenset(aliases)
        elif resource.kind == "RolePolicyAttachment":
            spec = _forged(resource)
            to = _references(spec, "role", "roleName", "roleRef", "roleNameRef")
            for name in _references(spec, "policyArn", "policyArnRef"):
                attached[name] = attached.get(name, frozenset()) | frozenset(to)
    return found


def _of_consumer(resource: Resource, roles: dict[str, Use], subjects: dict[Subject, Use]) -> None:
    """Note the roles and ServiceAccounts of a store or generator."""
    label = f"that {resource.kind} {resource.name} uses"
    for base, default in _aws_specs(resource):
        config = mapping(resource.get(*base))
        names: list[tuple[Route, Value]] = [((*base, "role"), config.get("role"))]
        names.extend(
            ((*base, "additionalRoles", i), role)
            for i, role in enumerate(sequence(config.get("additionalRoles")))
        )
        for route, role in names:
            name = _known_name(role_name(text(role) or ""))
            if name:
                roles.setdefault(name, Use(label, resource, route))
        at_account = (*base, "auth", "jwt", "serviceAccountRef")
        account = mapping(resource.get(*at_account))
        name = _known_name(text(account.get("name")))
        if name:
            namespace = _known_name(text(account.get("namespace"))) or default
            subjects.setdefault((namespace, name), Use(label, resource, (*at_account, "name")))


def _aws_specs(resource: Resource) -> Iterator[tuple[Route, str | None]]:
    """Yield the routes of AWS settings with the namespace that references default to."""
    cluster = resource.kind in (CLUSTER_STORE, "ClusterGenerator")
    namespace = None if cluster else known_namespace(resource)
    if resource.kind in STORE_KINDS:
        yield ("spec", "provider", "aws"), namespace
    for base, kind in generator_specs(resource):
        if kind in ("ECRAuthorizationToken", "STSSessionToken"):
            yield base, namespace


def _of_service_account(resource: Resource, found: Identities, roles: dict[str, Use]) -> None:
    use = found.of_subject(known_namespace(resource), resource.name)
    name = _known_name(role_name(role_arn(resource) or ""))
    if use is not None and name:
        route = ("metadata", "annotations", ROLE_ARN)
        roles.setdefault(name, Use(f"of ServiceAccount {resource.name}", resource, route))


def _of_chart(resource: Resource, roles: dict[str, Use]) -> None:
    """Note the role that the values of ESO's chart annotate its ServiceAccount with."""
    places: list[Route] = []
    if resource.kind == "HelmRelease":
        if resource.get("spec", "chart", "spec", "chart") == "external-secrets" or (
            resource.name == "external-secrets"
        ):
            places.append(("spec", "values"))
    else:
        sources: list[Route] = [("spec", "source")]
        sources.extend(
            ("spec", "sources", i) for i in range(len(sequence(resource.get("spec", "sources"))))
        )
        places.extend(
            (*source, "helm", "valuesObject")
            for source in sources
            if resource.get(*source, "chart") == "external-secrets"
        )
    for place in places:
        route = (*place, "serviceAccount", "annotations", ROLE_ARN)
        name = _known_name(role_name(text(resource.get(*route)) or ""))
        if name:
            roles.setdefault(name, Use(f"set in {resource.kind} {resource.name}", resource, route))


def trusted(policy: Policy, known: Identities) -> Use | None:
    """Return ESO's use of a role by its trust policy: a `sub` that names its ServiceAccount."""
    for statement in policy.statements:
        if statement.effect != "Allow":
            continue
        for operator, key in statement.conditions:
            if not key.lower().endswith(":sub"):
                continue
            route = (*statement.route, "Condition", operator, key)
            value = policy.resource.get(*route)
            for subject in value if isinstance(value, list) else [value]:
                match = re.fullmatch(_SUBJECT, subject) if isinstance(subject, str) else None
                if match is None or "*" in match[2] or "?" in match[2]:
                    continue
                namespace = _known_name(match[1]) if match[1] not in ("", "*") else ""
                use = known.of_subject(namespace or None, _known_name(match[2]))
                if use is not None:
                    return Use(use.why, policy.resource, route)
    return None


def used_by_eso(policy: Policy, known: Identities) -> Use | None:
    """Return why a policy belongs to an identity that ESO uses, or None where nothing says so."""
    resource = policy.resource
    if resource.kind == "ClusterConfig":
        return _eksctl(policy, known)
    template = resource.get("Resources")
    if policy.route[:1] == ("Resources",) and isinstance(template, dict):
        return _cloudformation(policy, known)
    names = _aliases(resource)
    spec = _forged(resource)
    if resource.kind == "RolePolicy":
        names += _references(spec, "role", "roleName", "roleRef", "roleNameRef")
    names += [role for name in names for role in sorted(known.policies.get(name, ()))]
    return _first(known.of_role(name) for name in names) or _by_name(_names_for_people(resource))


def _eksctl(policy: Policy, known: Identities) -> Use | None:
    """Look up an entry of a ClusterConfig: iam.serviceAccounts, or a Pod Identity association."""
    resource = policy.resource
    for length in range(len(policy.route), 0, -1):
        entry = at(resource.value, policy.route[:length])
        if not isinstance(entry, dict):
            continue
        names: tuple[Route, ...] = (("metadata", "name"), ("serviceAccountName",))
        for name in names:
            account = text(at(entry, name))
            if account:
                namespace = text(at(entry, (*name[:-1], "namespace")))
                use = known.of_role(text(entry.get("roleName")))
                use = use or known.of_subject(namespace, account)
                here = (*policy.route[:length], *name)
                return use if use is None or use.resource else Use(use.why, resource, here)
    return None


def _cloudformation(policy: Policy, known: Identities) -> Use | None:
    """Look up the role that a policy of a template belongs to or is attached to."""
    template = mapping(policy.resource.get("Resources"))
    logical = str(policy.route[1]) if len(policy.route) > 1 else ""
    own = mapping(template.get(logical))
    properties = mapping(own.get("Properties"))
    roles = [logical]
    for entry in sequence(properties.get("Roles")):
        roles.append(_logical(entry))
    for name, item in template.items():
        attachments = sequence(mapping(mapping(item).get("Properties")).get("ManagedPolicyArns"))
        if any(_logical(entry) == logical for entry in attachments):
            roles.append(name)
    for name in roles:
        role = mapping(mapping(template.get(name)).get("Properties"))
        use = known.of_role(_known_name(text(role.get("RoleName")))) or known.of_role(name)
        at_trust: Route = ("Resources", name, "Properties", "AssumeRolePolicyDocument")
        document = policy.resource.get(*at_trust)
        if use is None and isinstance(document, dict) and _is_policy(document):
            statements = _statements(policy.resource, at_trust, document["Statement"])
            use = trusted(Policy(policy.resource, at_trust, statements), known)
        if use is not None:
            return use
    named = [logical, *roles]
    for key in ("PolicyName", "ManagedPolicyName", "RoleName"):
        named.append(text(properties.get(key)) or "")
    for length in range(4, len(policy.route)):
        entry = mapping(at(policy.resource.value, policy.route[:length]))
        named.append(text(entry.get("PolicyName")) or "")
    return _by_name(named)


def _logical(value: Value) -> str:
    """Return the logical id that `Ref` names; the short tag leaves the bare text."""
    return text(value) or text(mapping(value).get("Ref")) or ""


def _by_name(names: Iterable[str]) -> Use | None:
    for name in names:
        if _is_controller(name):
            return Use(f"behind {name}")
    return None


def _is_iam(resource: Resource) -> bool:
    """Say whether a resource is one of ACK's or Crossplane's IAM objects."""
    return resource.group.startswith("iam.")


def _forged(resource: Resource) -> dict[str, Value]:
    """Return the settings of an ACK (spec) or Crossplane (spec.forProvider) object."""
    spec = mapping(resource.get("spec"))
    return mapping(spec.get("forProvider")) or spec


def _aliases(resource: Resource) -> list[str]:
    """Return the names by which other objects know an IAM object: its own and the one in AWS."""
    if not _is_iam(resource):
        return []
    external = resource.annotations().get("crossplane.io/external-name")
    names = (resource.name, text(external), text(_forged(resource).get("name")))
    return list(dict.fromkeys(name for name in map(_known_name, names) if name))


def _names_for_people(resource: Resource) -> list[str]:
    """Return the names that may tell what a policy is for: of the object, or of its file."""
    if resource.kind:
        return [resource.name, text(_forged(resource).get("name")) or ""]
    return resource.document.path.split("/")[-1:]


def _references(spec: dict[str, Value], *keys: str) -> list[str]:
    """Return the names behind references: an ARN, a name, `{name}` or ACK's `{from: {name}}`."""
    return [name for key in keys for name in _named(spec.get(key))]


def _references_all(spec: dict[str, Value], *keys: str) -> list[str]:
    return [name for key in keys for item in sequence(spec.get(key)) for name in _named(item)]


def _named(value: Value) -> list[str]:
    if isinstance(value, dict):
        value = value.get("name") or mapping(value.get("from")).get("name")
    name = _known_name(role_name(text(value) or ""))
    return [name] if name else []


def _add(roles: dict[str, Use], names: Iterable[str], use: Use) -> None:
    for name in names:
        roles.setdefault(name, use)


def _first(uses: Iterable[Use | None]) -> Use | None:
    return next((use for use in uses if use is not None), None)
