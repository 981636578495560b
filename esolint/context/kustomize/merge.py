"""Strategic merge patches, as kustomize merges them.

Source of behaviour: kyaml's merge2 with the OpenAPI schema of Kubernetes 1.21. Only kinds
of that schema have lists that are merged; in custom resources a list is replaced whole.
"""

from __future__ import annotations

from esolint.context.kustomize.item import Item
from esolint.resource import Origin
from esolint.value import Route, Value, at, format_route

_DIRECTIVE = "$patch"
_CORE_GROUPS = {"", "apps", "batch", "rbac.authorization.k8s.io"}
_OTHER_BUILT_IN = {
    "autoscaling",
    "extensions",
    "policy",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
}
_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}


def is_custom(item: Item) -> bool:
    """Say whether an object is of a group that the built-in schema does not hold."""
    return item.group_version[0] not in _CORE_GROUPS | _OTHER_BUILT_IN


def list_keys(item: Item, route: Route) -> tuple[str, ...] | None:
    """Return the keys by which a list's items are merged, None where it is replaced.

    `("",)` stands for a set of scalars; `("?",)` where it is not known here.
    """
    group = item.group_version[0]
    if group not in _CORE_GROUPS:
        return ("?",) if group in _OTHER_BUILT_IN else None
    last = route[-1]
    if route == ("metadata", "finalizers"):
        return ("",)
    if route == ("metadata", "ownerReferences"):
        return ("uid",)
    if group == "rbac.authorization.k8s.io":
        return None
    kind = item.kind
    if kind in ("Secret", "ConfigMap"):
        return None
    if kind == "ServiceAccount":
        return ("name",) if last == "secrets" else None
    if kind == "Namespace":
        return ("type",) if last == "conditions" else None
    if last == "ports":
        return ("port", "protocol") if kind == "Service" else ("containerPort", "protocol")
    if isinstance(last, str) and last in _KEYS:
        return _KEYS[last]
    if last in ("command", "args", "tolerations", "rules", "accessModes", "add", "drop"):
        return None
    return ("?",)


class MergeError(ValueError):
    """A part of a patch, at `route`, that does not fit what stands in the object."""

    def __init__(self, route: Route, detail: str) -> None:
        super().__init__(detail)
        self.route = route


def merge(item: Item, patch: dict[str, Value], origin: Origin) -> bool:
    """Merge a patch into an object; False where it deletes the object.

    `origin` is where the patch stands. Name, kind and namespace are the caller's concern.
    Raises MergeError where kustomize refuses.
    """
    if patch.get(_DIRECTIVE) == "delete":
        return False
    _merge_mapping(item, (), patch, origin)
    return True


def _merge_mapping(item: Item, route: Route, patch: dict[str, Value], origin: Origin) -> None:
    for key, value in patch.items():
        if key != _DIRECTIVE:
            _merge_value(item, (*route, key), value, _step(origin, key))


def _merge_value(item: Item, route: Route, value: Value, origin: Origin) -> None:
    key = route[-1]
    if isinstance(key, str) and key.startswith("$"):
        item.forget(route[:-1])
        return
    if value is None:
        item.remove(route)
        return
    old = at(item.value, route)
    if old is not None and _shape(old) != _shape(value):
        detail = f"a {_shape(value)} for the {_shape(old)} {format_route(route)}"
        raise MergeError(origin[1], detail)
    if isinstance(value, dict):
        directive = value.get(_DIRECTIVE)
        if directive == "delete":
            item.remove(route)
        elif directive == "replace" or not isinstance(old, dict):
            item.put(route, _cleaned(value), origin)
        else:
            _merge_mapping(item, route, value, origin)
    elif isinstance(value, list):
        keys = list_keys(item, route)
        if not isinstance(old, list):
            if keys is not None and _has_directives(value):
                item.forget(route)
            item.put(route, value, origin)
        elif keys is None:
            item.put(route, value, origin)
        elif keys == ("?",):
            item.put(route, value, origin)
            item.forget(route)
        elif keys == ("",):
            _merge_set(item, route, old, value, origin)
        else:
            _merge_list(item, route, old, value, keys, origin)
    else:
        item.put(route, value, origin)


def _merge_set(
    item: Item, route: Route, old: list[Value], patch: list[Value], origin: Origin
) -> None:
    parts: list[int | tuple[Value, Origin]] = []
    for i, value in enumerate(patch):
        if value in old:
            parts.append(old.index(value))
        else:
            parts.append((value, _step(origin, i)))
    parts.extend(i for i, value in enumerate(old) if value not in patch)
    item.rearrange(route, parts)


def _merge_list(
    item: Item,
    route: Route,
    old: list[Value],
    patch: list[Value],
    keys: tuple[str, ...],
    origin: Origin,
) -> None:
    """Merge the items of a list by their keys; those of the patch come first."""
    if any(isinstance(v, dict) and set(v) == {_DIRECTIVE} for v in patch):
        kept = [v for v in patch if not (isinstance(v, dict) and set(v) == {_DIRECTIVE})]
        item.put(route, kept, origin)
        item.forget(route)
        return
    ours = [_key(value, keys) for value in old]
    theirs = [_key(value, keys) for value in patch]
    names = [[_key(value, keys[:1]) for value in values] for values in (old, patch)]
    if any(None in found or len({*found}) < len(found) for found in (ours, theirs, *names)):
        item.forget(route)
        return
    for i, value in enumerate(patch):
        assert isinstance(value, dict)
        if theirs[i] in ours and _DIRECTIVE not in value:
            _merge_mapping(item, (*route, ours.index(theirs[i])), value, _step(origin, i))
    parts: list[int | tuple[Value, Origin]] = []
    for i, value in enumerate(patch):
        assert isinstance(value, dict)
        directive = value.get(_DIRECTIVE)
        if directive == "delete":
            continue
        if theirs[i] in ours and directive != "replace":
            parts.append(ours.index(theirs[i]))
        else:
            parts.append((_cleaned(value), _step(origin, i)))
    parts.extend(i for i, key in enumerate(ours) if key not in theirs)
    item.rearrange(route, parts)


def _key(value: Value, keys: tuple[str, ...]) -> tuple[str, ...] | None:
    if not isinstance(value, dict) or value.get(keys[0]) is None:
        return None
    if len(keys) > 1 and value.get(keys[1]) is None and keys[1] != "protocol":
        return None
    return tuple(str(value.get(key, "")) for key in keys)


def _step(origin: Origin, key: str | int) -> Origin:
    return origin[0], (*origin[1], key)


def _has_directives(value: Value) -> bool:
    if isinstance(value, list):
        return any(map(_has_directives, value))
    if isinstance(value, dict):
        return _DIRECTIVE in value or any(map(_has_directives, value.values()))
    return False


def _shape(value: Value) -> str:
    if isinstance(value, dict):
        return "mapping"
    return "list" if isinstance(value, list) else "scalar"


def _cleaned(value: dict[str, Value]) -> dict[str, Value]:
    """Return what a mapping of a patch adds: its nulls and deletions take nothing away."""
    cleaned: dict[str, Value] = {}
    for key, inner in value.items():
        if key == _DIRECTIVE or inner is None:
            continue
        if isinstance(inner, dict):
            if inner.get(_DIRECTIVE) == "delete":
                continue
            inner = _cleaned(inner)
        cleaned[key] = inner
    return cleaned
