"""The rules of topic api that hang on the provider of a store.

Source: ESO v2.9.0, each provider's ValidateStore and NewClient under providers/v1.
"""

from __future__ import annotations

from collections.abc import Iterator

from esolint.graph import Environment
from esolint.model.consumer import JUDGED_VERSIONS
from esolint.model.core import OBJECT_FIELDS
from esolint.model.provider_config import Fault, failures, refusals
from esolint.model.store import Store, stores
from esolint.nearest import mistyped
from esolint.resource import Resource
from esolint.rule import Finding
from esolint.value import format_route


def unmaintained_provider(resource: Resource, env: Environment) -> Iterator[Finding]:
    for store in stores([resource]):
        if store.row and not store.row.maintained:
            fault = f"nobody maintains the provider {store.provider}"
            yield Finding(resource, store.base, f"{resource.title}: {fault}")


def provider_config_invalid(resource: Resource, env: Environment) -> Iterator[Finding]:
    if resource.version not in JUDGED_VERSIONS:
        return
    for store in stores([resource]):
        if resource.get("spec") is None and not mistyped(resource.value, ["spec"], OBJECT_FIELDS):
            message = f"{resource.title} has no spec and so no provider"
            yield Finding(resource, ("spec",), message, case="refused")
        for fault in refusals(store):
            yield _provider_finding(store, fault, "warned" if fault.warning else "refused")


def provider_config_fails(resource: Resource, env: Environment) -> Iterator[Finding]:
    if resource.version not in JUDGED_VERSIONS:
        return
    for store in stores([resource]):
        for fault in failures(store):
            yield _provider_finding(store, fault, None)


def _provider_finding(store: Store, fault: Fault, case: str | None) -> Finding:
    # A route that starts with the spec is not one of the provider's block.
    outside = fault.route[:1] == ("spec",)
    route = fault.route if outside else store.route(fault.route)
    where = format_route(route[1:] if outside else route[2:])
    return Finding(
        store.resource,
        route,
        f"{store.resource.title}: {where} {fault.text}",
        case=case,
        confidence=fault.confidence,
    )
