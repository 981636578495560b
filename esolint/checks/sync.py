"""The rules of topic sync: when ESO asks anew, and what comes of it.

Source: ESO v2.9.0, pkg/controllers/externalsecret/externalsecret_controller.go and
pkg/controllers/pushsecret/pushsecret_controller.go; how long tokens live is what their
providers document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from esolint import go
from esolint.graph import Environment, Found
from esolint.model.consumer import (
    CLUSTER_GENERATOR,
    EXTERNAL_SECRETS,
    PUSH_SECRETS,
    GeneratorUse,
    generator_uses,
    store_uses,
)
from esolint.model.generator import GENERATOR_KINDS, generator_specs
from esolint.model.store import Store
from esolint.resource import ESO_GROUP, Resource
from esolint.rule import Finding, Note
from esolint.value import Route, leaves
from esolint.words import amount, both

_HOUR = 3_600_000_000_000
_DEFAULT = "1h0m0s"
_MOST_NOTES = 10


class _Refresh(NamedTuple):
    """When an ExternalSecret or a PushSecret is refreshed.

    `every` is the interval in nanoseconds, zero or less for never, and `written` how it is
    given, "" where it is the default.
    """

    base: Route
    policy: str
    every: int
    written: str


def _refresh(resource: Resource) -> _Refresh | None:
    """Return when a resource is refreshed; None where it is not known or no duration."""
    base = {**EXTERNAL_SECRETS, **PUSH_SECRETS}[resource.kind]
    interval, policy = (resource.get(*base, key) for key in ("refreshInterval", "refreshPolicy"))
    unknown = any(resource.unknown((*base, key)) for key in ("refreshInterval", "refreshPolicy"))
    if resource.group != ESO_GROUP or unknown or resource.get(*base) is None:
        return None
    if not isinstance(interval, str | None) or not isinstance(policy, str | None):
        return None
    if go.duration_error(_DEFAULT if interval is None else interval):
        return None
    every = go.parse_duration(_DEFAULT if interval is None else interval)
    return _Refresh(base, policy or "Periodic", every, interval or "")


def _is_set(resource: Resource, route: Route) -> bool:
    return resource.get(*route) is not None or resource.unknown(route)


# Generators

_LASTING = ("Password", "SSHKey", "UUID")
_LIVES = {
    "ACRAccessToken": 3 * _HOUR,
    "ECRAuthorizationToken": 12 * _HOUR,
    "GCRAccessToken": _HOUR,
    "GithubAccessToken": _HOUR,
    "STSSessionToken": 12 * _HOUR,
}


def generator_rotates(resource: Resource, env: Environment) -> Iterator[Finding]:
    refresh = _refresh(resource)
    if refresh is None or refresh.policy != "Periodic" or refresh.every <= 0:
        return
    if _is_set(resource, (*refresh.base, "target", "immutable")):
        return  # immutable-with-refresh
    lasting = [use for use in _generated(resource) if _made(use, env)[0] in _LASTING]
    if lasting:
        titles = both(list(dict.fromkeys(use.title for use in lasting)))
        yield Finding(
            resource,
            lasting[0].route,
            f"{resource.title} takes a new value from {titles} at each refresh, "
            f"every {refresh.written or _DEFAULT}",
            # Who writes an interval may want the value to change.
            confidence="medium" if refresh.written else None,
        )


def generator_token_outlived(resource: Resource, env: Environment) -> Iterator[Finding]:
    refresh = _refresh(resource)
    if refresh is None:
        return
    pushes = resource.kind in PUSH_SECRETS
    once = refresh.policy != "Periodic"
    if refresh.every <= 0 and not (pushes or once):
        return  # refresh-interval-zero
    for use in _generated(resource):
        life = _life(*_made(use, env))
        if life is None:
            continue
        token = f"the token of {use.title} lives {_told(life)}"
        if once:
            case, key = "never-renewed", "refreshPolicy"
            message = f"has refreshPolicy {refresh.policy}, and {token}"
        elif refresh.every <= 0:
            case, key = "never-renewed", "refreshInterval"
            message = f"is never refreshed, and {token}"
        elif refresh.every >= life:
            case, key = "outlived" if refresh.every > life else "as-long", "refreshInterval"
            message = f"is refreshed every {refresh.written or _DEFAULT}, and {token}"
        else:
            continue
        route: Route = (*refresh.base, key)
        at_use = resource.get(*route) is None
        yield Finding(
            resource,
            use.route if at_use else route,
            f"{resource.title} {message}",
            case=case,
            related=() if at_use else (Note(resource, use.route, "the token"),),
        )


def _generated(resource: Resource) -> Iterator[GeneratorUse]:
    """Yield the generators that are asked: not those in `data`, where ESO passes them over."""
    return (use for use in generator_uses(resource) if "data" not in use.route)


def _made(use: GeneratorUse, env: Environment) -> tuple[str, Resource | None]:
    """Return what kind of generator is meant, behind a ClusterGenerator too, and the object.

    The kind is "" where it is not known.
    """
    there = [g for g in (*env.of_kind(use.kind), *env.elsewhere) if use.means(g)]
    if not there and any(g.name == use.name for g in env.of_kind(*GENERATOR_KINDS)):
        return "", None  # generator-kind-mismatch
    generator = there[0] if len(there) == 1 else None
    if use.kind != CLUSTER_GENERATOR:
        return use.kind, generator
    specs = list(generator_specs(generator)) if generator is not None else []
    return (specs[0][1], generator) if len(specs) == 1 else ("", None)


def _life(kind: str, generator: Resource | None) -> int | None:
    """Return how many nanoseconds a token lives at most; None where it is not known."""
    if kind != "STSSessionToken" or generator is None:
        return None if kind == "STSSessionToken" else _LIVES.get(kind)
    ((base, _),) = generator_specs(generator)
    asked: Route = (*base, "requestParameters", "sessionDuration")
    seconds = generator.get(*asked)
    if generator.unknown(asked):
        return None
    return seconds * 10**9 if isinstance(seconds, int) and seconds > 0 else _LIVES[kind]


def _told(nanoseconds: int) -> str:
    minutes = nanoseconds // (_HOUR // 60)
    return amount(minutes, "minute") if minutes % 60 else amount(minutes // 60, "hour")


# Intervals


def refresh_interval_ignored(resource: Resource, env: Environment) -> Iterator[Finding]:
    refresh = _refresh(resource)
    if refresh is None or refresh.policy not in ("CreatedOnce", "OnChange"):
        return
    if any(_life(*_made(use, env)) for use in _generated(resource)):
        return  # generator-token-outlived
    ignored: list[Route] = []
    if refresh.written and refresh.every > 0:
        ignored.append(("refreshInterval",))
    if resource.get(*refresh.base, "syncWindows") is not None:
        ignored.append(("syncWindows",))
    if ignored:
        names = both([str(route[-1]) for route in ignored])
        yield Finding(
            resource,
            (*refresh.base, *ignored[0]),
            f"{resource.title} has {names}, which refreshPolicy {refresh.policy} leaves "
            "without effect",
            related=(Note(resource, (*refresh.base, "refreshPolicy"), "the policy"),),
        )


def refresh_interval_too_short(env: Environment, *, min: str) -> Iterator[Finding]:
    least = go.parse_duration(min)
    asking: dict[int, tuple[Store, list[tuple[Resource, _Refresh]]]] = {}
    for resource in env.of_kind(*EXTERNAL_SECRETS):
        refresh = _refresh(resource)
        if refresh is None or refresh.policy != "Periodic" or not 0 < refresh.every < least:
            continue
        for store in _stores(resource, env):
            if _is_outside(store):
                _, consumers = asking.setdefault(id(store.resource), (store, []))
                if all(other is not resource for other, _ in consumers):
                    consumers.append((resource, refresh))
    for store, ((resource, refresh), *others) in asking.values():
        message = f"{resource.title} asks {store.resource.title} every {refresh.written}"
        if others:
            message += f", one of {len(others) + 1} that ask more often than every {min}"
        yield Finding(
            resource,
            (*refresh.base, "refreshInterval"),
            message,
            related=tuple(
                Note(other, (*its.base, "refreshInterval"), f"every {its.written}")
                for other, its in others[:_MOST_NOTES]
            ),
        )


def _stores(resource: Resource, env: Environment) -> Iterator[Store]:
    for use in store_uses(resource):
        resolution = env.resolve(use)
        if isinstance(resolution, Found) and len(resolution.resources) == 1:
            yield Store(resolution.resources[0])


_INSIDE = ("crd", "fake", "kubernetes")
_ADDRESS = r"(?i)url|server|host"
_URL = r"https?://(?:[^/@]*@)?([^/:]+)"
_LOCAL = r"[^.]+|.+\.svc(?:\..+)?|.+\.local|[\d.]+"


def _is_outside(store: Store) -> bool:
    """Say whether a store's provider is known to be outside the cluster."""
    if not store.provider or store.provider in _INSIDE or store.unknown(()):
        return False
    for route, value in leaves(store.config):
        if re.search(_ADDRESS, str(route[-1])) and store.unknown(route):
            return False
        host = re.match(_URL, value) if isinstance(value, str) else None
        if host and re.fullmatch(_LOCAL, host[1]):
            return False
    return True
