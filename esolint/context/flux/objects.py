"""The objects of Flux, as far as they say what reaches a cluster and in which order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from esolint.resource import Resource
from esolint.source import Document
from esolint.value import Route, Value, at, mapping, sequence, text

KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"
_OPERATOR = "fluxcd.controlplane.io"
# What flux bootstrap and the Flux operator call the source that is the repository itself.
OWN_SOURCE = "flux-system"


def is_kustomization(resource: Resource) -> bool:
    return resource.kind == "Kustomization" and resource.group == KUSTOMIZE


def path(sync: Resource) -> str | None:
    """Return the folder that a Kustomization applies, relative to the root of its source.

    None where only rendering says which. No path leads out of the source.
    """
    if sync.unknown(("spec", "path")):
        return None
    written = text(sync.get("spec", "path")) or ""
    return posixpath.normpath("/" + written).strip("/") or "."


class Source(NamedTuple):
    """An object that holds what is applied: `GitRepository`, its name and its namespace."""

    kind: str
    name: str
    namespace: str | None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def source(sync: Resource, route: Route = ("spec", "sourceRef")) -> Source:
    """Return what a reference to a source names, by default that of a Kustomization."""
    reference = mapping(sync.get(*route))
    namespace = text(reference.get("namespace")) or sync.namespace
    return Source(
        text(reference.get("kind")) or "source", text(reference.get("name")) or "", namespace
    )


def title(name: str, namespace: str | None) -> str:
    """Return what a Kustomization is called, which names its rendering too."""
    return f"Kustomization {namespace}/{name}" if namespace else f"Kustomization {name}"


def dependencies(sync: Resource) -> tuple[tuple[str, str | None], ...]:
    """Return the (name, namespace) of what has to be ready before a Kustomization is applied."""
    return tuple(
        (name, text(entry.get("namespace")) or sync.namespace)
        for entry in map(mapping, sequence(sync.get("spec", "dependsOn")))
        if (name := text(entry.get("name")))
    )


def entries(resource: Resource) -> Iterator[Resource]:
    """Yield the Kustomization that the Flux operator makes of an instance: its entry point.

    A FluxInstance says it in `spec.sync`, and so do the values of the chart that makes one,
    in a HelmRelease or in a file of their own.
    """
    if resource.kind == "FluxInstance" and resource.group == _OPERATOR:
        route: Route = ("spec", "sync")
    elif resource.kind == "HelmRelease" and resource.group == HELM:
        route = ("spec", "values", "instance", "sync")
    elif not resource.kind:
        route = ("instance", "sync")
    else:
        return
    sync = mapping(resource.get(*route))
    if not text(sync.get("path")) or not text(sync.get("kind")):
        return
    name = text(sync.get("name")) or OWN_SOURCE
    value: dict[str, Value] = {
        "apiVersion": f"{KUSTOMIZE}/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": resource.namespace or OWN_SOURCE},
        "spec": {"path": sync["path"], "sourceRef": {"kind": sync["kind"], "name": name}},
    }
    origins: dict[Route, tuple[Document, Route]] = {
        ("metadata",): resource.origin(route),
        ("spec", "path"): resource.origin((*route, "path")),
        ("spec", "sourceRef"): resource.origin(route),
    }
    decided = frozenset((("spec", "path"),) if not resource.unknown((*route, "path")) else ())
    yield Resource(value, resource.document, resource.base, origins, known=decided)


class ValuesFrom(NamedTuple):
    """An object whose key holds values of a release; `target` is where in them it goes."""

    kind: str
    name: str
    key: str
    target: str
    optional: bool


class Release(NamedTuple):
    """What a HelmRelease installs. `chart` and `version` are "" where a `chartRef` says them.

    `source` is the object that has the chart, `namespace` where the objects go, None where
    it is not written; `values` stand at `values_route`.
    """

    resource: Resource
    name: str
    chart: str
    version: str
    source: Source
    namespace: str | None
    storage_namespace: str | None
    values: dict[str, Value]
    values_route: Route
    values_from: tuple[ValuesFrom, ...]


def release(resource: Resource) -> Release | None:
    """Return what a HelmRelease installs; None for any other object."""
    if resource.kind != "HelmRelease" or resource.group != HELM:
        return None
    spec = mapping(resource.get("spec"))
    chart: Route = ("chart", "spec")
    named = mapping(at(spec, chart))
    reference: Route = ("spec", *chart, "sourceRef") if named else ("spec", "chartRef")
    target = text(spec.get("targetNamespace"))
    name = f"{target}-{resource.name}" if target else resource.name
    return Release(
        resource,
        text(spec.get("releaseName")) or name,
        text(named.get("chart")) or "",
        text(named.get("version")) or "",
        source(resource, reference),
        target or resource.namespace,
        text(spec.get("storageNamespace")) or resource.namespace,
        mapping(spec.get("values")),
        ("spec", "values"),
        tuple(
            ValuesFrom(
                text(entry.get("kind")) or "",
                text(entry.get("name")) or "",
                text(entry.get("valuesKey")) or "values.yaml",
                text(entry.get("targetPath")) or "",
                entry.get("optional") is True,
            )
            for entry in map(mapping, sequence(spec.get("valuesFrom")))
        ),
    )
