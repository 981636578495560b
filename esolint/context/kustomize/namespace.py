"""`namespace:` of a kustomization."""

from __future__ import annotations

from esolint.context.kustomize.fields import routes
from esolint.context.kustomize.item import NAME, NAMESPACE, Id, Item
from esolint.context.kustomize.layer import Layer
from esolint.value import mapping, sequence


def set_namespace(layer: Layer, items: list[Item]) -> None:
    """Put every object into the namespace of the kustomization.

    Objects of built-in cluster-scoped kinds are left, a Namespace is renamed, and custom
    cluster-scoped ones are stamped like any other.
    """
    namespace = layer.scalar("namespace")
    if not namespace:
        return
    origin = layer.origin(("namespace",))
    unclear = layer.may_change(("namespace",))
    seen: dict[Id, Item] = {}
    for item in items:
        if item.unknown(()):
            continue
        item.remember()
        if not item.cluster_scoped:
            item.put(NAMESPACE, namespace, origin)
        elif item.kind == "Namespace":
            item.put(NAME, namespace, origin)
        if item.kind in ("RoleBinding", "ClusterRoleBinding"):
            for i, subject in enumerate(map(mapping, sequence(item.value.get("subjects")))):
                # Whatever kind of subject it is.
                if subject.get("name") == "default":
                    item.put(("subjects", i, "namespace"), namespace, origin)
        for field in layer.config.namespaces:
            if field.path != NAMESPACE and field.is_of(item):
                for route in list(routes(item.value, field.path, field.create)):
                    item.put(route, namespace, origin)
        other = seen.setdefault(item.id(), item)
        if other is not item:
            detail = f"namespace {namespace} gives two objects one name: {item.kind} {item.name}"
            layer.refuse(("namespace",), detail)
        if unclear:
            item.forget(NAME if item.kind == "Namespace" else NAMESPACE)
