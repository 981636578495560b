"""The chart argocd-apps: Applications and ApplicationSets as the values of a chart.

Source: argo-helm, charts/argocd-apps 2.0. An entry is the spec of its object, beside fields
of its metadata; older releases of the chart list the entries, each with its name.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from esolint.resource import Resource
from esolint.source import Document
from esolint.value import Route, Value, at, mapping, text

_CHART = "argocd-apps"
_FILES = ("values.yaml", "values.yml")
_KINDS = {"applications": "Application", "applicationsets": "ApplicationSet"}


def chart_values_applications(document: Document) -> tuple[Resource, ...]:
    """Return the Applications and ApplicationSets that a chart's values describe."""
    if posixpath.basename(document.path) not in _FILES:
        return ()
    return tuple(
        _resource(document, route, kind, name)
        for field, kind in _KINDS.items()
        for route, name in _entries(document.value, (_CHART, field))
    )


def _entries(values: Value, route: Route) -> Iterator[tuple[Route, str]]:
    entries = at(values, route)
    if isinstance(entries, dict):
        for name, entry in entries.items():
            if isinstance(entry, dict):
                yield (*route, name), name
    elif isinstance(entries, list):
        for i, entry in enumerate(entries):
            named = text(mapping(entry).get("name"))
            if named:
                yield (*route, i), named


def _resource(document: Document, route: Route, kind: str, name: str) -> Resource:
    entry = mapping(at(document.value, route))
    metadata: dict[str, Value] = {"name": name}
    overrides: dict[Route, tuple[Document, Route]] = {
        ("spec",): (document, route),
        ("metadata", "name"): (document, route),
    }
    if entry.get("namespace") is not None:
        metadata["namespace"] = entry["namespace"]
        overrides["metadata", "namespace"] = (document, (*route, "namespace"))
    value: dict[str, Value] = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": metadata,
        "spec": entry,
    }
    return Resource(value, document, route, overrides)
