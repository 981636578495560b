"""`labels`, `commonLabels` and `commonAnnotations` of a kustomization."""

from __future__ import annotations

from esolint.context.kustomize.fields import Field, read_fields, routes
from esolint.context.kustomize.item import ANNOTATIONS, LABELS, Item
from esolint.context.kustomize.layer import Layer
from esolint.value import Route, Value, at, mapping

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController")


def _selectors() -> tuple[Field, ...]:
    """Return the fields beside `metadata.labels` that common labels reach."""
    fields = [
        Field(("spec", "selector"), "Service", version="v1", create=True),
        Field(("spec", "podSelector", "matchLabels"), "NetworkPolicy", group="networking.k8s.io"),
        Field(("spec", "selector", "matchLabels"), "PodDisruptionBudget", group="policy"),
        Field(("spec", "jobTemplate", "metadata", "labels"), "CronJob", create=True),
        Field(
            ("spec", "jobTemplate", "spec", "template", "metadata", "labels"),
            "CronJob",
            create=True,
        ),
        Field(("spec", "template", "metadata", "labels"), "Job", create=True),
    ]
    for kind in _WORKLOADS:
        fields.append(Field(("spec", "template", "metadata", "labels"), kind, create=True))
        labels = ("matchLabels",) if kind != "ReplicationController" else ()
        fields.append(Field(("spec", "selector", *labels), kind, create=True))
    return tuple(fields)


_SELECTORS = _selectors()
_TEMPLATES = tuple(field for field in _SELECTORS if "template" in field.path)


def add_labels(layer: Layer, items: list[Item]) -> None:
    """Apply `labels`, then `commonLabels`."""
    for route, entry in layer.entries("labels"):
        fields = mapping(entry)
        reached = list(read_fields(fields.get("fields")))
        if fields.get("includeSelectors") is True:
            reached.extend((*_SELECTORS, *layer.config.labels))
        elif fields.get("includeTemplates") is True:
            reached.extend(_TEMPLATES)
        _set(layer, items, (*route, "pairs"), LABELS, tuple(reached))
    _set(layer, items, ("commonLabels",), LABELS, (*_SELECTORS, *layer.config.labels))


def add_annotations(layer: Layer, items: list[Item]) -> None:
    """Apply `commonAnnotations`."""
    templates = tuple(
        field._replace(path=(*field.path[:-1], "annotations")) for field in _TEMPLATES
    )
    reached = (*templates, *layer.config.annotations)
    _set(layer, items, ("commonAnnotations",), ANNOTATIONS, reached)


def _set(
    layer: Layer, items: list[Item], route: Route, always: Route, fields: tuple[Field, ...]
) -> None:
    pairs = at(layer.fields, route)
    if pairs is None:
        return
    if not isinstance(pairs, dict):
        layer.refuse(route, "not a mapping of strings")
        return
    for key, value in pairs.items():
        if not isinstance(value, str):
            layer.refuse((*route, key), "not a string")
    for item in items:
        if not item.unknown(()):
            _put(item, always, pairs, layer, route)
            for field in fields:
                if field.is_of(item):
                    for there in list(routes(item.value, field.path, field.create)):
                        _put(item, there, pairs, layer, route)


def _put(item: Item, there: Route, pairs: dict[str, Value], layer: Layer, route: Route) -> None:
    for key, value in pairs.items():
        if isinstance(value, str):
            item.put((*there, key), value, layer.origin((*route, key)))
