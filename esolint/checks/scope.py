"""The rules of topic scope: whom a store or a cluster-wide consumer reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from esolint.go import regexp_finds
from esolint.graph import Environment
from esolint.model.consumer import CLUSTER_STORE, store_uses
from esolint.model.namespaces import CONDITIONS, NAME_LABEL, selectors, takes_all
from esolint.resource import Resource
from esolint.rule import Finding
from esolint.value import Route, at, expand
from esolint.words import quoted

# An expression that fits all of these admits everything, which is a fault of its own.
_ANY_NAMES = ("apps", "b2", "default", "kube-system", "my-app-77", "prod", "q", "redis", "x", "zz9")
_BEGINS = r"(?:\(\?[imsU]+\)|\((?:\?:|\?P?<\w+>)?)*(?:\^|\\A)"
_ENDS = r"(?:\$|\\z)\)*\Z"
_PLAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"


def tenant_uses_cluster_store(
    resource: Resource, env: Environment, *, tenancy: str
) -> Iterator[Finding]:
    for use in store_uses(resource) if tenancy == "multi" else ():
        if use.kind == CLUSTER_STORE and use.name and not use.unknown():
            yield Finding(
                resource,
                (*use.route, "kind"),
                f'{resource.title} uses ClusterSecretStore "{use.name}", which no tenant has to'
                " itself",
            )


def cluster_external_secret_everywhere(resource: Resource, env: Environment) -> Iterator[Finding]:
    for route in selectors(resource) if resource.is_eso else ():
        if takes_all(resource, route):
            message = f"{resource.title} puts an ExternalSecret into every namespace"
            yield Finding(resource, route, message)


# Names


def system_namespace_admitted(
    resource: Resource, env: Environment, *, namespaces: Sequence[str]
) -> Iterator[Finding]:
    verb = "admits" if resource.kind == CLUSTER_STORE else "selects"
    for route, name in _names(resource) if resource.is_eso else ():
        if name in namespaces:
            yield Finding(resource, route, f'{resource.title} {verb} namespace "{name}"')
    for route, pattern in _expressions(resource):
        found = [name for name in namespaces if regexp_finds(pattern, name)]
        if found and not _finds_all(pattern):
            yield Finding(
                resource,
                route,
                f'{resource.title} admits namespace "{found[0]}", which {quoted(pattern)} fits',
            )


def _names(resource: Resource) -> Iterator[tuple[Route, str]]:
    """Yield the names of namespaces that a resource lists, or selects by their own label."""
    base = (*CONDITIONS, "*") if resource.kind == CLUSTER_STORE else ("spec",)
    yield from _texts(resource, (*base, "namespaces", "*"))
    for selector in selectors(resource):
        yield from _texts(resource, (*selector, "matchLabels", NAME_LABEL))
        for expression in expand((*selector, "matchExpressions", "*"), resource.value):
            means = (resource.get(*expression, "key"), resource.get(*expression, "operator"))
            if means == (NAME_LABEL, "In"):
                yield from _texts(resource, (*expression, "values", "*"))


def _expressions(resource: Resource) -> Iterator[tuple[Route, str]]:
    """Yield the expressions in the conditions of a ClusterSecretStore."""
    if resource.is_eso and resource.kind == CLUSTER_STORE:
        yield from _texts(resource, (*CONDITIONS, "*", "namespaceRegexes", "*"))


def _texts(resource: Resource, route: Route) -> Iterator[tuple[Route, str]]:
    for here in expand(route, resource.value):
        value = at(resource.value, here)
        if isinstance(value, str) and not resource.unknown(here):
            yield here, value


# Expressions


def unanchored_namespace_regex(resource: Resource, env: Environment) -> Iterator[Finding]:
    for route, pattern in _expressions(resource):
        if not _is_bounded(pattern) and regexp_finds(pattern, "") is not None:
            more = f"non{pattern}-x" if re.fullmatch(_PLAIN, pattern) else ""
            also = f', as in "{more}"' if more else ""
            yield Finding(
                resource,
                route,
                f"{resource.title}: {quoted(pattern)} is found inside longer names{also}",
            )


def _is_bounded(pattern: str) -> bool:
    """Say whether an expression says where a name begins or ends, or that it does not care."""
    if _finds_all(pattern):
        return True
    parts = _alternatives(pattern)
    whole = len(parts) > 1 and _begins(pattern) and _ends(pattern)
    for part in parts:
        begins, ends = _begins(part), _ends(part)
        free = part.startswith(".*") and part.endswith(".*")
        # `^a|b$` reads like `^(a|b)$`.
        if not ((begins and ends) if whole else (begins or ends or free)):
            return False
    return True


def _begins(pattern: str) -> bool:
    return re.match(_BEGINS, pattern) is not None


def _ends(pattern: str) -> bool:
    return re.search(_ENDS, pattern) is not None


def _finds_all(pattern: str) -> bool:
    return all(regexp_finds(pattern, name) for name in _ANY_NAMES)


def _alternatives(pattern: str) -> list[str]:
    """Split an expression at the bars that stand in no group."""
    parts, depth, start = [], 0, 0
    for match in re.finditer(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|[()|]", pattern):
        if match[0] in "()":
            depth += 1 if match[0] == "(" else -1
        elif match[0] == "|" and depth == 0:
            parts.append(pattern[start : match.start()])
            start = match.end()
    return [*parts, pattern[start:]]
