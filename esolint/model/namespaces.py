"""Namespaces, and which of them a selector, a store or a cluster-wide consumer means.

Source: LabelSelectorAsSelector of k8s.io/apimachinery; ESO v2.9.0,
pkg/controllers/secretstore/client_manager.go (conditions of a ClusterSecretStore) and
pkg/controllers/clusterexternalsecret, clusterpushsecret (where their children go).

A Namespace object shows all labels that its repository gives it. Others may add some, so a
verdict that hangs on a label that is missing is not sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from esolint.model.consumer import CLUSTER_STORE
from esolint.resource import Resource
from esolint.value import Route, mapping, sequence, text
from esolint.words import listed

NAME_LABEL = "kubernetes.io/metadata.name"
CONDITIONS: Route = ("spec", "conditions")

# Keys that a controller of the cluster puts on namespaces, whatever their objects say.
_STAMPED = r"(?:^|\.)(?:kubernetes|k8s|x-k8s|fluxcd|argoproj|cattle|openshift|clastix|istio)\.io/"
# Marks of what hands namespaces out and puts labels of its own choice on them.
_MANAGED = r"(?:^|\.)(?:capsule\.clastix|hnc\.x-k8s|cattle)\.io/"
_MOST_NAMES = 5


class Namespace(NamedTuple):
    """A namespace, as one object shows it.

    `labels` is None where no object shows them; the value of a label is None where it is not
    known. `open`: others put labels on it that nobody can foresee.
    """

    name: str
    labels: Mapping[str, str | None] | None = None
    open: bool = False
    resource: Resource | None = None


# Name → what is known of it: more than one where objects of that name differ.
Namespaces: TypeAlias = Mapping[str, tuple[Namespace, ...]]


def namespaces(resources: Iterable[Resource]) -> dict[str, tuple[Namespace, ...]]:
    """Return the namespaces that have objects, with what these objects show."""
    found: dict[str, list[Namespace]] = {}
    managed: set[str | None] = set()
    for resource in resources:
        if resource.kind == "Namespace" and not resource.group:
            if resource.name and not resource.unknown(("metadata", "name")):
                namespace = _read(resource)
                known = found.setdefault(resource.name, [])
                if all(namespace[:3] != other[:3] for other in known):
                    known.append(namespace)
        elif resource.group == "argoproj.io":
            managed.update(_labelled_by_argo(resource))
    return {
        name: tuple(n._replace(open=n.open or bool({name, None} & managed)) for n in known)
        for name, known in found.items()
    }


def _read(resource: Resource) -> Namespace:
    route: Route = ("metadata", "labels")
    given = resource.get(*route)
    if resource.unknown(route) or not isinstance(given, dict | None):
        return Namespace(resource.name, None, False, resource)
    labels = {
        key: value if isinstance(value, str) and not resource.unknown((*route, key)) else None
        for key, value in mapping(given).items()
    }
    marks = (*labels, *resource.annotations())
    is_managed = any(re.search(_MANAGED, mark) for mark in marks)
    return Namespace(resource.name, labels, is_managed, resource)


def _labelled_by_argo(resource: Resource) -> Iterator[str | None]:
    """Yield the namespace that an Application labels when it makes it; None: not known which."""
    base: Route = ("spec", "template", "spec") if resource.kind == "ApplicationSet" else ("spec",)
    if resource.get(*base, "syncPolicy", "managedNamespaceMetadata") is not None:
        route = (*base, "destination", "namespace")
        yield _text(resource, route)


class Verdict(NamedTuple):
    """Whether something takes a namespace; `answer` None: it cannot be said.

    Where it does not, `why` says so of the namespace (`it has no label "team"`), `route` where
    in the selecting object the reason stands, and `sure` is False where somebody else may
    add the label that is missing.
    """

    answer: bool | None
    why: str = ""
    route: Route = ()
    sure: bool = True


_YES = Verdict(True)
_UNKNOWN = Verdict(None)


def matches(resource: Resource, route: Route, namespace: Namespace) -> Verdict:
    """Say whether the label selector at a route of a resource takes a namespace."""
    selector = resource.get(*route)
    if resource.unknown(route) or not isinstance(selector, dict):
        return _UNKNOWN
    verdicts = list(_requirements(resource, route, namespace))
    refused = [verdict for verdict in verdicts if verdict.answer is False]
    if refused:
        return next((verdict for verdict in refused if verdict.sure), refused[0])
    return _UNKNOWN if _UNKNOWN in verdicts else _YES


def takes_all(resource: Resource, route: Route) -> bool:
    """Say whether a selector asks for nothing but what every namespace has."""
    selector = resource.get(*route)
    if resource.unknown(route) or not isinstance(selector, dict) or selector.get("matchLabels"):
        return False
    expressions = sequence(selector.get("matchExpressions"))
    every = {"key": NAME_LABEL, "operator": "Exists"}
    return all(every.items() <= mapping(expression).items() for expression in expressions)


def _requirements(resource: Resource, route: Route, namespace: Namespace) -> Iterator[Verdict]:
    """Yield whether a namespace meets each requirement of a selector."""
    labels: Route = (*route, "matchLabels")
    expressions: Route = (*route, "matchExpressions")
    for part, shape in ((labels, dict), (expressions, list)):
        given = resource.get(*part)
        if resource.unknown(part) or not (given is None or isinstance(given, shape)):
            yield _UNKNOWN
    for key, value in mapping(resource.get(*labels)).items():
        here = (*labels, key)
        known = isinstance(value, str) and not resource.unknown(here)
        yield _meets(namespace, key, "In", [str(value)], here) if known else _UNKNOWN
    for i in _indexes(resource, expressions):
        here = (*expressions, i)
        name, operator = _text(resource, (*here, "key")), _text(resource, (*here, "operator"))
        values = _texts(resource, (*here, "values")) if operator in ("In", "NotIn") else []
        if name is None or operator is None or None in values:
            yield _UNKNOWN
        else:
            yield _meets(namespace, name, operator, values, here)


def _meets(
    namespace: Namespace, key: str, operator: str, values: Sequence[str | None], route: Route
) -> Verdict:
    has, value = _label(namespace, key)
    if has is None or (has and value is None and operator in ("In", "NotIn")):
        return _UNKNOWN
    label = f'its label "{key}" is "{value}"'
    if operator in ("In", "Exists") and not has:
        return Verdict(False, f'it has no label "{key}"', route, sure=False)
    if operator == "In" and value not in values:
        return Verdict(False, f"{label}, {_none_of(values)}", route)
    if operator == "NotIn" and has and value in values:
        return Verdict(False, f"{label}, which is ruled out", route)
    if operator == "DoesNotExist" and has:
        return Verdict(False, f'it has the label "{key}"', route)
    return _YES if operator in ("In", "NotIn", "Exists", "DoesNotExist") else _UNKNOWN


def _label(namespace: Namespace, key: str) -> tuple[bool | None, str | None]:
    """Return whether a namespace has a label, and its value; None: it is not known."""
    if key == NAME_LABEL:
        return True, namespace.name
    if namespace.labels is None:
        return None, None
    if key in namespace.labels:
        return True, namespace.labels[key]
    return (None if namespace.open or re.search(_STAMPED, key) else False), None


def _one_of(verdicts: Sequence[Verdict], route: Route) -> Verdict:
    """Return the verdict of alternatives; `route` is where all of them stand."""
    if any(verdict.answer for verdict in verdicts):
        return _YES
    if _UNKNOWN in verdicts:
        return _UNKNOWN
    if len(verdicts) == 1:
        return verdicts[0]
    why = "; ".join(dict.fromkeys(verdict.why for verdict in verdicts))
    return Verdict(False, why, route, all(verdict.sure for verdict in verdicts))


# Stores


def admits(store: Resource, namespace: str, known: Namespaces) -> Verdict:
    """Say whether a store's conditions let a namespace use it.

    Whatever meets one of them is admitted, and inside one the selector, the names and the
    expressions are alternatives, too. Those of a SecretStore do not count.
    """
    given = store.get(*CONDITIONS)
    if store.kind != CLUSTER_STORE:
        return _YES
    if store.unknown(CONDITIONS) or not isinstance(given, list | None):
        return _UNKNOWN
    if not given:
        return _YES
    variants = known.get(namespace, (Namespace(namespace),))
    verdicts = [
        verdict
        for i, _ in enumerate(given)
        for verdict in _condition(store, (*CONDITIONS, i), variants)
    ]
    return _one_of(verdicts, CONDITIONS)


def _condition(store: Resource, route: Route, variants: Sequence[Namespace]) -> Iterator[Verdict]:
    """Yield the verdicts of the alternatives in one condition."""
    condition = store.get(*route)
    if store.unknown(route) or not isinstance(condition, dict):
        yield _UNKNOWN
        return
    name = variants[0].name
    given = [key for key, value in condition.items() if value not in (None, [])]
    holes = (key for key in condition if store.unknown((*route, key)))
    for key in dict.fromkeys((*given, *holes)):
        here = (*route, key)
        if key == "namespaceSelector":
            yield _of_variants(store, here, variants)
        elif key == "namespaces":
            yield _among(store, here, name)
        elif key == "namespaceRegexes":
            yield _found(store, here, name)
    if not given:
        yield Verdict(False, "an empty condition admits none", route)


def _of_variants(store: Resource, route: Route, variants: Sequence[Namespace]) -> Verdict:
    return _one_of([matches(store, route, namespace) for namespace in variants], route)


def _among(resource: Resource, route: Route, name: str) -> Verdict:
    """Say whether a list of names holds one."""
    names = _texts(resource, route)
    if name in names:
        return _YES
    if None in names:
        return _UNKNOWN
    return Verdict(False, f"its name is {_none_of(names)}", route)


def _found(resource: Resource, route: Route, name: str) -> Verdict:
    """Say whether one of a list of expressions, which nothing anchors, fits a name."""
    # Few stores have expressions, and RE2 takes milliseconds to load.
    from esolint.go import regexp_finds

    patterns = _texts(resource, route)
    answers = [None if pattern is None else regexp_finds(pattern, name) for pattern in patterns]
    if True in answers:
        return _YES
    if None in answers:
        return _UNKNOWN
    verb = "does not match" if len(patterns) == 1 else "matches"
    return Verdict(False, f"its name {verb} {_none_of(patterns).removeprefix('not ')}", route)


def _text(resource: Resource, route: Route) -> str | None:
    return None if resource.unknown(route) else text(resource.get(*route))


def _texts(resource: Resource, route: Route) -> list[str | None]:
    """Return the items of a list of texts, None for what is not known, the whole of it too."""
    items = resource.get(*route)
    if resource.unknown(route) or not isinstance(items, list):
        return [None]
    return [
        item if isinstance(item, str) and not resource.unknown((*route, i)) else None
        for i, item in enumerate(items)
    ]


def _none_of(texts: Sequence[str | None]) -> str:
    shown = [f'"{text}"' for text in texts]
    return f"not {shown[0]}" if len(shown) == 1 else f"none of {listed(shown, _MOST_NAMES)}"


def _indexes(resource: Resource, route: Route) -> range:
    return range(len(sequence(resource.get(*route))))


# Cluster-wide consumers


class Selection(NamedTuple):
    """Where the children of a cluster-wide consumer go: name → the route that says so.

    Of those in `possible` it is not known. Namespaces without an object may be selected too.
    """

    sure: Mapping[str, Route]
    possible: frozenset[str]


_SELECTORS: Mapping[str, tuple[str, ...]] = {
    "ClusterExternalSecret": ("namespaceSelector", "namespaceSelectors"),
    "ClusterPushSecret": ("namespaceSelectors",),
}


def selectors(resource: Resource) -> Iterator[Route]:
    """Yield the routes of the namespace selectors of a store or a cluster-wide consumer."""
    if resource.kind == CLUSTER_STORE:
        for i in _indexes(resource, CONDITIONS):
            if isinstance(resource.get(*CONDITIONS, i, "namespaceSelector"), dict):
                yield (*CONDITIONS, i, "namespaceSelector")
    for field in _SELECTORS.get(resource.kind, ()):
        if isinstance(resource.get("spec", field), dict):
            yield ("spec", field)
        for i in _indexes(resource, ("spec", field)):
            if isinstance(resource.get("spec", field, i), dict):
                yield ("spec", field, i)


def selected(resource: Resource, known: Namespaces) -> Selection:
    """Return the namespaces that a ClusterExternalSecret or ClusterPushSecret selects.

    Its selectors and its list of names are alternatives.
    """
    sure: dict[str, Route] = {}
    possible: set[str] = set()
    if resource.kind == "ClusterExternalSecret":
        for i, name in enumerate(_texts(resource, ("spec", "namespaces"))):
            if name:
                sure.setdefault(name, ("spec", "namespaces", i))
    for route in selectors(resource):
        for name, variants in known.items():
            answers = {matches(resource, route, namespace).answer for namespace in variants}
            if answers == {True}:
                sure.setdefault(name, route)
            elif answers != {False}:
                possible.add(name)
    return Selection(sure, frozenset(possible - sure.keys()))
