"""metadata of an object, as the API server decodes and validates it on creation.

Behaviour from apimachinery (ObjectMeta, api/validation) with strict field validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from esolint.nearest import hint
from esolint.schema.formats import is_format
from esolint.schema.violation import Violation, field_name, kind_of
from esolint.value import Route, Value, format_route
from esolint.words import quoted

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = _LABEL
_DNS_NAME = rf"{_LABEL}(\.{_LABEL})*"
_KEY_NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_NAME_LENGTH = 253
_LABEL_LENGTH = 63
_PREFIX_LENGTH = 58
_ANNOTATION_BYTES = 256 * 1024

# A type is a Go type in short; a mapping is a struct, a one-item list a list of such.
_OWNER = {
    "apiVersion": "string",
    "kind": "string",
    "name": "string",
    "uid": "string",
    "controller": "bool",
    "blockOwnerDeletion": "bool",
}
_MANAGED = {
    "manager": "string",
    "operation": "string",
    "apiVersion": "string",
    "time": "time",
    "fieldsType": "string",
    "fieldsV1": "any",
    "subresource": "string",
}
_META: dict[str, Any] = {
    "name": "string",
    "generateName": "string",
    "namespace": "string",
    "selfLink": "string",
    "uid": "string",
    "resourceVersion": "string",
    "generation": "int",
    "creationTimestamp": "time",
    "deletionTimestamp": "time",
    "deletionGracePeriodSeconds": "int",
    "labels": "strings",
    "annotations": "strings",
    "ownerReferences": [_OWNER],
    "finalizers": ["string"],
    "managedFields": [_MANAGED],
}


def check_metadata(
    value: Value, *, namespaced: bool, at: Route = ("metadata",), named: bool = True
) -> Iterator[Violation]:
    """Yield what is wrong with an object's metadata.

    That a name is there at all is not checked. `namespaced`: the namespace counts; a
    cluster-scoped object's is ignored by the API server. `named` is off for objects
    inside others, whose names only have to fit into a path.
    """
    wrong = list(_decode(value, _META, at))
    yield from wrong
    if not isinstance(value, dict):
        return
    skip = {violation.route[: len(at) + 1] for violation in wrong if violation.rule == "wrong-type"}
    meta: dict[str, Any] = {
        key: item for key, item in value.items() if item and (*at, key) not in skip
    }
    if named:
        yield from _names(meta, namespaced, at)
    yield from _labels(meta.get("labels", {}), (*at, "labels"))
    yield from _annotations(meta.get("annotations", {}), (*at, "annotations"))
    yield from _finalizers(meta.get("finalizers", []), (*at, "finalizers"))
    yield from _owners(meta.get("ownerReferences", []), (*at, "ownerReferences"))


def is_dns_name(text: str) -> bool:
    """Say whether a text is a DNS-1123 subdomain, which names of custom resources must be."""
    return len(text) <= _NAME_LENGTH and re.fullmatch(_DNS_NAME, text) is not None


def is_dns_label(text: str) -> bool:
    """Say whether a text is a DNS-1123 label, which names of namespaces must be."""
    return len(text) <= _LABEL_LENGTH and re.fullmatch(_DNS_LABEL, text) is not None


def _decode(value: Value, kind: Any, route: Route) -> Iterator[Violation]:
    """Yield where a value does not decode into a Go type. A null is the zero value."""
    if value is None or kind == "any":
        return
    if isinstance(kind, dict | list) or kind == "strings":
        wanted: type = list if isinstance(kind, list) else dict
        if not isinstance(value, wanted):
            name = "a list" if wanted is list else "a mapping"
            message = f"{field_name(route)} is {kind_of(value)}, not {name}"
            yield Violation("wrong-type", route, message)
        elif isinstance(value, list):
            for i, item in enumerate(value):
                yield from _decode(item, kind[0], (*route, i))
        elif isinstance(value, dict):
            for key, item in value.items():
                if kind == "strings":
                    yield from _decode(item, "string", (*route, key))
                elif key in kind:
                    yield from _decode(item, kind[key], (*route, key))
                else:
                    message = f'"{key}" is no field of {field_name(route)}{hint(key, kind)}'
                    yield Violation("unknown-field", (*route, key), message)
        return
    fits, wanted_name = {
        "string": (isinstance(value, str), "a string"),
        "bool": (isinstance(value, bool), "a boolean"),
        "int": (
            isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1,
            "an integer",
        ),
        "time": (isinstance(value, str) and _is_time(value), "a time"),
    }[kind]
    if not fits:
        unquoted = kind == "string" and isinstance(value, bool | int | float)
        what = f"unquoted and so {kind_of(value)}" if unquoted else kind_of(value)
        yield Violation("wrong-type", route, f"{field_name(route)} is {what}, not {wanted_name}")


def _is_time(text: str) -> bool:
    """Say whether Go reads a text as a time of RFC 3339: that wants capital letters."""
    return text == text.upper() and is_format("datetime", text)


def _names(meta: dict[str, Any], namespaced: bool, at: Route) -> Iterator[Violation]:
    name = meta.get("name", "")
    if name and not is_dns_name(name):
        yield _misnamed(name, (*at, "name"), _NAME_LENGTH, "name", '"-" and "."')
    prefix = meta.get("generateName", "")
    # Both are checked: the prefix, of which a last dash and what stands before it are not
    # looked at, and the name that is made of its beginning.
    masked = f"{prefix[:-2]}a" if prefix[-1:] == "-" else prefix
    made = f"{prefix[:_PREFIX_LENGTH]}aaaaa"
    if prefix and not (is_dns_name(masked) and (name or is_dns_name(made))):
        yield _misnamed(prefix, (*at, "generateName"), _NAME_LENGTH, "name", '"-" and "."')
    namespace = meta.get("namespace", "")
    if namespaced and namespace and not is_dns_label(namespace):
        yield _misnamed(namespace, (*at, "namespace"), _LABEL_LENGTH, "label", '"-"')


def _misnamed(text: str, route: Route, limit: int, what: str, marks: str) -> Violation:
    if len(text) > limit:
        message = f"{route[-1]} has {len(text)} characters, more than {limit}"
    else:
        shown = format_route(route)
        message = (
            f"{shown} {quoted(text)} is no DNS-1123 {what}: lower-case letters, digits, {marks}, "
            "a letter or digit at both ends"
        )
    return Violation("invalid-object-name", route, message)


def _labels(labels: dict[str, Any], at: Route) -> Iterator[Violation]:
    for key, value in labels.items():
        fault = _key_fault(key)
        if fault:
            message = f'the label key "{key}" {fault}'
            yield Violation("invalid-object-name", (*at, key), message)
        if value and len(value) > _LABEL_LENGTH:
            message = f"the value of label {key} has {len(value)} characters, more than 63"
            yield Violation("invalid-object-name", (*at, key), message)
        elif value and not re.fullmatch(_KEY_NAME, value):
            message = (
                f'the value of label {key} is {quoted(value)}; allowed are letters, digits, "-", '
                '"_" and ".", a letter or digit at both ends'
            )
            yield Violation("invalid-object-name", (*at, key), message)


def _annotations(annotations: dict[str, Any], at: Route) -> Iterator[Violation]:
    size = 0
    for key, value in annotations.items():
        size += len(key.encode(errors="replace")) + len((value or "").encode(errors="replace"))
        fault = _key_fault(key.lower())
        if fault:
            message = f'the annotation key "{key}" {fault}'
            yield Violation("invalid-object-name", (*at, key), message)
    if size > _ANNOTATION_BYTES:
        message = f"the annotations have {size} bytes together, more than {_ANNOTATION_BYTES}"
        yield Violation("value-out-of-bounds", at, message)


def _finalizers(finalizers: list[Any], at: Route) -> Iterator[Violation]:
    for i, finalizer in enumerate(finalizers):
        fault = _key_fault(finalizer or "")
        if fault:
            message = f'the finalizer "{finalizer or ""}" {fault}'
            yield Violation("invalid-object-name", (*at, i), message)
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        message = "the finalizers orphan and foregroundDeletion exclude each other"
        yield Violation("schema-rule-violated", at, message)


def _owners(owners: list[Any], at: Route) -> Iterator[Violation]:
    controllers = 0
    for i, owner in enumerate(owners):
        owner = owner or {}
        for key in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(key):
                route = (*at, i, key) if key in owner else (*at, i)
                message = f"ownerReferences[{i}] lacks {key}"
                yield Violation("missing-field", route, message)
        version = owner.get("apiVersion") or ""
        if version.count("/") > 1 or version[-1:] == "/":
            message = f'ownerReferences[{i}].apiVersion "{version}" is no group and version'
            yield Violation("invalid-object-name", (*at, i, "apiVersion"), message)
        controllers += owner.get("controller") is True
        if owner.get("apiVersion") == "v1" and owner.get("kind") == "Event":
            message = f"ownerReferences[{i}] is an Event, which may own nothing"
            yield Violation("schema-rule-violated", (*at, i), message)
    if controllers > 1:
        message = f"{controllers} ownerReferences have controller: true, one may"
        yield Violation("schema-rule-violated", at, message)


def _key_fault(key: str) -> str | None:
    """Say what is wrong with a label key ([DNS name/]name), or None."""
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        return "has more than one slash"
    if slash and not is_dns_name(prefix):
        return f'has the prefix "{prefix}", which is no DNS-1123 name'
    if not name:
        return "has an empty name"
    if len(name) > _LABEL_LENGTH:
        return f"has a name of {len(name)} characters, more than {_LABEL_LENGTH}"
    if not re.fullmatch(_KEY_NAME, name):
        return 'is none: letters, digits, "-", "_" and ".", a letter or digit at both ends'
    return None
