"""Argo CD, read statically: what Applications and ApplicationSets bring to a cluster.

A rendering is claimed only as far as it is known: what a chart, a plugin, a generator that
asks a cluster or another repository decides is a hole of the object or a reason why there
may be more. Source of behaviour: Argo CD v3.0, reposerver/repository and applicationset.

What reading costs is loaded when there is something to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from esolint.resource import Resource
from esolint.source import Document
from esolint.value import Route, mapping, text

if TYPE_CHECKING:
    from esolint.context.rendering import Rendering, World

GROUP = "argoproj.io"
_HERE = ("", "in-cluster", "https://kubernetes.default.svc")


def is_application(resource: Resource) -> bool:
    return resource.kind == "Application" and resource.group == GROUP


def is_set(resource: Resource) -> bool:
    return resource.kind == "ApplicationSet" and resource.group == GROUP


def cluster(resource: Resource, destination: Route) -> str | None:
    """Return the cluster that a destination names, "" for the one on which Argo CD runs.

    None where only rendering decides it.
    """
    if any(resource.unknown((*destination, key)) for key in ("server", "name")):
        return None
    to = mapping(resource.get(*destination))
    named = (text(to.get("server")) or text(to.get("name")) or "").rstrip("/")
    return "" if named in _HERE else named


def render(application: Resource, world: World) -> tuple[Rendering, ...]:
    """Return what an Application brings, one rendering for each source with manifests."""
    from esolint.context.argo import application as reader

    return reader.render(application, world)


def applications(
    applicationset: Resource, world: World
) -> tuple[tuple[Resource, ...], tuple[str, ...]]:
    """Return the Applications that an ApplicationSet makes, and why there may be more."""
    from esolint.context.argo import applicationset as reader

    return reader.applications(applicationset, world)


def chart_values_applications(document: Document) -> tuple[Resource, ...]:
    """Return the Applications and ApplicationSets that a chart's values describe.

    They are those of the chart argocd-apps below a chart that depends on it.
    """
    from esolint.context.argo import values

    return values.chart_values_applications(document)
