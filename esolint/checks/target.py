"""The rules of topic target: what an ExternalSecret writes.

Source: ESO v2.9.0, pkg/controllers/externalsecret.
"""

from __future__ import annotations

from collections.abc import Iterator

from esolint.graph import Environment
from esolint.model.consumer import EXTERNAL_SECRETS
from esolint.nearest import nearest
from esolint.resource import ESO_GROUP, Resource
from esolint.rule import Finding, Note
from esolint.value import Route, mapping
from esolint.words import both

_INSTANCE = "app.kubernetes.io/instance"
_ARGO_INSTANCE = "argocd.argoproj.io/instance"
_TRACKING = {
    "labels": (
        _INSTANCE,
        _ARGO_INSTANCE,
        "kustomize.toolkit.fluxcd.io/name",
        "kustomize.toolkit.fluxcd.io/namespace",
        "helm.toolkit.fluxcd.io/name",
        "helm.toolkit.fluxcd.io/namespace",
    ),
    "annotations": (
        "argocd.argoproj.io/tracking-id",
        "kubectl.kubernetes.io/last-applied-configuration",
    ),
}
# Where the Secret does not belong to its ExternalSecret, Argo CD prunes it by these:
# argo-prunes-target.
_PRUNING = (_INSTANCE, _ARGO_INSTANCE)


def metadata_copied(resource: Resource, env: Environment) -> Iterator[Finding]:
    target: Route = (*EXTERNAL_SECRETS[resource.kind], "target")
    given = mapping(resource.get(*target))
    if resource.group != ESO_GROUP or resource.unknown(target):
        return
    if any(given.get(k) is not None or resource.unknown((*target, k)) for k in _NOT_COPIED):
        return
    policy = given.get("creationPolicy") or "Owner"
    if policy == "None" or resource.unknown((*target, "creationPolicy")):
        return
    # The ExternalSecrets of a ClusterExternalSecret get only the metadata that it has for them.
    cluster = resource.kind == "ClusterExternalSecret"
    base: Route = ("spec", "externalSecretMetadata") if cluster else ("metadata",)
    copied: list[Route] = []
    for field, keys in _TRACKING.items():
        for key in mapping(resource.get(*base, field)):
            pruning = key in _PRUNING and policy in ("Orphan", "CreateOrMerge")
            if key in keys and not pruning and (key != _INSTANCE or _uses_argo(env)):
                copied.append((*base, field, key))
    if copied:
        names = both([str(route[-1]) for route in copied])
        message = f"{resource.title} has no template, so its Secret gets {names} too"
        yield Finding(resource, copied[0], message, point="key")


_NOT_COPIED = ("template", "manifest")


def _uses_argo(env: Environment) -> bool:
    """Say whether somebody marks objects by what is otherwise a label like any other."""
    askers = (rendering.by for rendering in env.renderings if rendering.by is not None)
    objects = (r for kind in _ARGO_KINDS for r in env.of_kind(kind))
    return any(resource.group == "argoproj.io" for resource in (*askers, *objects))


_ARGO_KINDS = ("Application", "ApplicationSet", "AppProject")


def merge_target_missing(env: Environment) -> Iterator[Finding]:
    merging = [w for w in env.links.writers if w.policy == "Merge" and w.kind == "Secret"]
    for writer in merging:
        name, namespace = writer.name, writer.namespace
        if not writer.sure or namespace is None:
            continue
        if any(other.makes for other in env.links.writers_of("Secret", name, namespace)):
            continue
        if any(rendering.unknown for rendering in env.renderings):
            continue
        made = {
            other.name: other
            for other in env.links.writers
            if other.makes and other.kind == "Secret" and other.namespace == namespace
        }
        near = nearest(name, made)
        yield Finding(
            writer.resource,
            writer.route,
            f'{writer.resource.title} merges into the Secret "{name}", which nothing here makes',
            related=(
                (Note(made[near].resource, made[near].route, "did you mean this one?"),)
                if near
                else ()
            ),
        )
