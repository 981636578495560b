"""The rule of topic target about Argo CD: a Secret that it takes for its own, and prunes.

Source: Argo CD v3.0, controller/state.go and util/argo/resource_tracking.go: by label tracking
an object with the label belongs to the application; it is pruned where Git does not have it,
no owner is written in it, and pruning is on. ESO v2.9.0: labels and annotations are copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from esolint.context import argo
from esolint.graph import Environment
from esolint.resource import ESO_GROUP, Resource
from esolint.rule import Finding, Note
from esolint.value import Route, Value, leaves, mapping, text

_WITHOUT_OWNER = ("Orphan", "CreateOrMerge")
_TARGET: Route = ("spec", "target")
_POLICY: Route = (*_TARGET, "creationPolicy")
_PRUNE: Route = ("spec", "syncPolicy", "automated", "prune")
# Kinds in which Argo CD's settings stand: its ConfigMap, and the values of its chart.
_SETTING_KINDS = ("ConfigMap", "HelmRelease", "Application")
_METHOD = "application.resourceTrackingMethod"
_KEY = "application.instanceLabelKey"
_EXCLUDES, _INCLUDES = "resource.exclusions", "resource.inclusions"
_DEFAULT_KEY = "app.kubernetes.io/instance"
# Nobody else sets this one: where it is written, Argo CD has tracked by it.
_OWN_KEY = "argocd.argoproj.io/instance"
_NOT_PRUNED = re.compile(r"\bPrune=|\bIgnoreExtraneous\b")


class _Setting(NamedTuple):
    """A setting of Argo CD, and where it stands."""

    resource: Resource
    route: Route
    name: str
    value: Value


def argo_prunes_target(env: Environment) -> Iterator[Finding]:
    bare = [
        (secret, rendering.by)
        for rendering in env.renderings
        if rendering.by is not None and _prunes(rendering.by)
        for secret in rendering.resources
        if _is_bare(secret, env)
    ]
    settings = list(_settings(env)) if bare else []
    if any(map(_is_in_doubt, settings)):
        return
    method = next((setting for setting in settings if setting.name == _METHOD), None)
    keys = [setting.value for setting in settings if setting.name == _KEY]
    key = next(filter(None, map(text, keys)), _DEFAULT_KEY)
    label: Route = ("metadata", "labels", _OWN_KEY)
    for secret, application in bare:
        if _spares_secrets(application, env):
            continue
        if method is not None:
            place = Note(method.resource, method.route, "tracks by label")
            yield _finding(secret, application, key, place)
        elif secret.get(*label) == application.name and not secret.unknown(label):
            place = Note(secret, label, "tracked by this label")
            yield _finding(secret, application, _OWN_KEY, place)


def _finding(secret: Resource, application: Resource, key: str, place: Note) -> Finding:
    return Finding(
        secret,
        _POLICY,
        f"{secret.title} has creationPolicy {secret.get(*_POLICY)} and no template, so its Secret "
        f"gets the label {key} without an owner, and Argo CD prunes it",
        related=(Note(application, _PRUNE, "prunes what is not in Git"), place),
    )


def _prunes(application: Resource) -> bool:
    """Say whether an Application deletes by itself what it takes for its own."""
    automated = mapping(application.get("spec", "syncPolicy", "automated"))
    return (
        argo.is_application(application)
        and automated.get("prune") is True
        and automated.get("enabled") is not False
        and not application.unknown(_PRUNE)
    )


def _is_bare(resource: Resource, env: Environment) -> bool:
    """Say whether the Secret of an ExternalSecret has its labels, no owner, and no twin in Git."""
    if resource.kind != "ExternalSecret" or resource.group != ESO_GROUP:
        return False
    target = mapping(resource.get(*_TARGET))
    routes = (_TARGET, *((*_TARGET, key) for key in ("name", "creationPolicy", "template")))
    if target.get("creationPolicy") not in _WITHOUT_OWNER or any(map(resource.unknown, routes)):
        return False
    if target.get("template") is not None or target.get("manifest") is not None:
        return False
    annotations = ("metadata", "annotations")
    notes = " ".join(str(value) for _, value in leaves(resource.get(*annotations)))
    if resource.unknown(annotations) or _NOT_PRUNED.search(notes):
        return False
    name = text(target.get("name")) or resource.name
    return all(other.name != name for other in env.of_kind("Secret", "SealedSecret"))


def _spares_secrets(application: Resource, env: Environment) -> bool:
    """Say whether the project of an Application may keep it from Secrets."""
    project = text(application.get("spec", "project")) or "default"
    return any(
        resource.get("spec", f"namespaceResource{field}") is not None
        for resource in env.repository
        if (resource.kind, resource.name) == ("AppProject", project)
        for field in ("Blacklist", "Whitelist")
    )


def _settings(env: Environment) -> Iterator[_Setting]:
    """Yield what is said of Argo CD's tracking, and of what it sees."""
    for resource in env.repository:
        if resource.kind in _SETTING_KINDS:
            for route, value in leaves(resource.value):
                if route and route[-1] in (_METHOD, _KEY, _EXCLUDES, _INCLUDES):
                    yield _Setting(resource, route, str(route[-1]), value)


def _is_in_doubt(setting: _Setting) -> bool:
    """Say whether a setting may keep Argo CD from pruning Secrets by a label."""
    if setting.name == _EXCLUDES:
        return re.search(r"\bSecret\b|\*", str(setting.value)) is not None
    if setting.name == _INCLUDES or setting.resource.unknown(setting.route):
        return True
    return setting.name == _METHOD and setting.value != "label"
