"""Names that kustomize makes, and the references that follow them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from esolint.context.kustomize.fields import Config, Field, Reference, routes, selects
from esolint.context.kustomize.item import NAME, NAMESPACE, Item
from esolint.context.kustomize.layer import Layer
from esolint.resource import Origin
from esolint.value import Route, at, mapping, sequence

_NOT_PREFIXED = {
    ("CustomResourceDefinition", "apiextensions.k8s.io"),
    ("APIService", "apiregistration.k8s.io"),
}

_RBAC = "rbac.authorization.k8s.io"
_ROLE = ("roleRef", "name")


def _pod_specs() -> list[tuple[str, tuple[str, ...]]]:
    template = ("spec", "template", "spec")
    workloads = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job")
    return [
        ("Pod", ("spec",)),
        ("PodTemplate", ("template", "spec")),
        *((kind, template) for kind in workloads),
        ("CronJob", ("spec", "jobTemplate", *template)),
    ]


def _pod_fields(*paths: str) -> tuple[Field, ...]:
    return tuple(
        Field((*spec, *path.split("/")), kind, version="v1" if kind == "Pod" else "")
        for kind, spec in _pod_specs()
        for path in paths
    )


def _built_in() -> tuple[Reference, ...]:
    """Return the references to objects of the kinds that are read here."""
    names = tuple(Field(("rules", "resourceNames"), kind) for kind in ("Role", "ClusterRole"))
    auth = (
        "ingress.kubernetes.io/auth-secret",
        "nginx.ingress.kubernetes.io/auth-secret",
        "nginx.ingress.kubernetes.io/auth-tls-secret",
    )
    bindings = ("RoleBinding", "ClusterRoleBinding")
    subjects = tuple(Field(("subjects",), kind, _RBAC) for kind in bindings)
    roles = tuple(Field(_ROLE, kind, _RBAC) for kind in bindings)
    return (
        Reference(
            "",
            "v1",
            "ConfigMap",
            (
                *_pod_fields(
                    "volumes/configMap/name",
                    "containers/env/valueFrom/configMapKeyRef/name",
                    "initContainers/env/valueFrom/configMapKeyRef/name",
                    "containers/envFrom/configMapRef/name",
                    "initContainers/envFrom/configMapRef/name",
                    "volumes/projected/sources/configMap/name",
                ),
                *names,
            ),
        ),
        Reference(
            "",
            "v1",
            "Secret",
            (
                *_pod_fields(
                    "volumes/secret/secretName",
                    "containers/env/valueFrom/secretKeyRef/name",
                    "initContainers/env/valueFrom/secretKeyRef/name",
                    "containers/envFrom/secretRef/name",
                    "initContainers/envFrom/secretRef/name",
                    "imagePullSecrets/name",
                    "volumes/projected/sources/secret/name",
                ),
                Field(("spec", "tls", "secretName"), "Ingress"),
                *(Field(("metadata", "annotations", key), "Ingress") for key in auth),
                Field(("imagePullSecrets", "name"), "ServiceAccount"),
                *names,
            ),
        ),
        Reference("", "v1", "ServiceAccount", (*subjects, *_pod_fields("serviceAccountName"))),
        Reference(_RBAC, "", "Role", roles[:1]),
        Reference(_RBAC, "", "ClusterRole", roles),
    )


BUILT_IN = _built_in()
_KINDS = frozenset(field.kind for reference in BUILT_IN for field in reference.fields)


def add_affixes(layer: Layer, items: list[Item]) -> None:
    """Apply `namePrefix` and `nameSuffix`."""
    prefix, suffix = layer.scalar("namePrefix"), layer.scalar("nameSuffix")
    for field, text, at_front, extra in (
        ("namePrefix", prefix, True, layer.config.prefixes),
        ("nameSuffix", suffix, False, layer.config.suffixes),
    ):
        if text:
            unclear = layer.may_change((field,)) or layer.document.in_hole((field,))
            for item in items:
                if not item.unknown(()):
                    _affix(item, text, at_front, extra)
                    if unclear:
                        item.forget(NAME)


def _affix(item: Item, text: str, at_front: bool, extra: Sequence[Field]) -> None:
    first = item.ids()[0]
    if (first.kind, first.group) in _NOT_PREFIXED or first.kind == "Namespace":
        return
    if at_front:
        item.prefixes = (*item.prefixes, text)
    else:
        item.suffixes = (*item.suffixes, text)
    item.remember()
    where: list[Route] = [NAME]
    for field in extra:
        if field.path != NAME and field.is_of(item):
            where.extend(routes(item.value, field.path))
    for route in where:
        old = at(item.value, route)
        if isinstance(old, str):
            unknown = item.unknown(route)
            item.put(route, text + old if at_front else old + text, item.origin(route))
            if unknown:
                item.forget(route)


def follow(items: list[Item], config: Config, may_miss: Callable[[str], bool]) -> None:
    """Let references follow the objects that were renamed or moved.

    `may_miss` says of a kind whether renamed objects of it may be missing from `items`: a
    reference to none that is there may then mean one of those.
    """
    by_old_name: dict[str, list[Item]] = {}
    for item in items:
        names = {name for _, name, _ in item.previous}
        if item.unknown(()):
            names.add(item.name)
        for name in names:
            by_old_name.setdefault(name, []).append(item)
    references = [
        (reference, may_miss(reference.kind)) for reference in (*BUILT_IN, *config.references)
    ]
    if not by_old_name and not any(incomplete for _, incomplete in references):
        return
    own = frozenset(f.kind for r in config.references for f in r.fields)
    for item in items:
        first = item.ids()[0]
        if first.kind not in _KINDS and first.kind not in own and "" not in own:
            continue
        for reference, incomplete in references:
            for field in reference.fields:
                if selects(field.group, field.version, field.kind, first):
                    for route in list(routes(item.value, field.path)):
                        _update(item, route, reference, by_old_name, incomplete)


def _update(
    item: Item,
    route: Route,
    reference: Reference,
    by_old_name: dict[str, list[Item]],
    incomplete: bool,
) -> None:
    value = at(item.value, route)
    if isinstance(value, list):
        for i in range(len(value)):
            _update(item, (*route, i), reference, by_old_name, incomplete)
    elif isinstance(value, dict):
        _update_mapping(item, route, value.get("name"), reference, by_old_name, incomplete)
    elif isinstance(value, str) and not item.unknown(route):
        candidates = by_old_name.get(value, [])
        if route == _ROLE:
            candidates = [other for other in candidates if _is_role(other, item)]
        target = _referral(item, value, None, reference, candidates)
        if isinstance(target, Item):
            _take_name(item, route, target)
        elif target is not None or incomplete:
            item.forget(route)


def _is_role(other: Item, binding: Item) -> bool:
    """Say whether an object is of the kind of role that a binding names."""
    role = mapping(binding.value.get("roleRef"))
    group, kind = role.get("apiGroup"), role.get("kind")
    if not isinstance(group, str) or not isinstance(kind, str):
        return True
    return any(selects(group, "", kind, id_) for id_ in other.previous_ids())


def _update_mapping(
    item: Item,
    route: Route,
    name: object,
    reference: Reference,
    by_old_name: dict[str, list[Item]],
    incomplete: bool,
) -> None:
    """Follow a reference that names a namespace too: a subject."""
    here = mapping(at(item.value, route))
    if not isinstance(name, str) or item.unknown_below(route):
        return
    written = here.get("namespace")
    namespace = written if isinstance(written, str) else None
    target = _referral(item, name, namespace, reference, by_old_name.get(name, ()))
    if isinstance(target, Item):
        if target.name == name and not target.namespace:
            return
        _take_name(item, (*route, "name"), target)
        if target.namespace:
            item.put((*route, "namespace"), target.namespace, target.origin(NAMESPACE))
    elif target is not None or incomplete:
        item.forget(route)


def _take_name(item: Item, route: Route, target: Item) -> None:
    if at(item.value, route) == target.name and not target.unknown(NAME):
        return
    origin: Origin = item.origin(route)
    item.put(route, target.name, origin)
    if target.unknown(NAME):
        item.forget(route)


def _referral(
    item: Item,
    name: str,
    namespace: str | None,
    reference: Reference,
    candidates: Sequence[Item],
) -> Item | str | None:
    """Return the object that a reference means, None for none, a text where it is not clear."""
    if any(other.unknown(()) and other.kind == reference.kind for other in candidates):
        return "an object of that name is not known"
    found = [
        other
        for other in candidates
        if any(
            selects(reference.group, reference.version, reference.kind, id_)
            for id_ in other.previous_ids()
        )
        and _reaches(item, other)
    ]
    if namespace is not None:
        first = [other for other in found if other.ids()[0].namespace == namespace]
        found = first or [other for other in found if other.id().namespace == namespace]
    if len(found) <= 1:
        return found[0] if found else None
    for allow_empty in (True, False):
        found = [other for other in found if _same_affixes(item, other, allow_empty)]
        if len(found) <= 1:
            return found[0] if found else None
    if len({(other.name, other.namespace) for other in found}) == 1:
        return found[0]
    return "several objects had that name"


def _reaches(item: Item, other: Item) -> bool:
    """Say whether an object can refer to another: across namespaces only where one has none."""
    if item.cluster_scoped or other.cluster_scoped:
        return True
    if item.effective_namespace() == other.effective_namespace():
        return True
    return (
        item.kind == "RoleBinding"
        and other.kind == "ServiceAccount"
        and any(
            subject.get("kind") == "ServiceAccount" and subject.get("namespace") == other.namespace
            for subject in map(mapping, sequence(item.value.get("subjects")))
        )
    )


def _same_affixes(item: Item, other: Item, allow_empty: bool) -> bool:
    return all(
        (allow_empty and not (ours and theirs)) or _same_end(ours, theirs)
        for ours, theirs in (
            (item.prefixes, other.prefixes),
            (item.suffixes, other.suffixes),
        )
    )


def _same_end(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    shorter = min(len(ours), len(theirs))
    if shorter == 0:
        return len(ours) == len(theirs)
    return ours[-shorter:] == theirs[-shorter:]
