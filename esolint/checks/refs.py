"""The rules of topic refs: do the stores exist that consumers refer to."""

from __future__ import annotations

from collections.abc import Iterator

from esolint.graph import Environment, Missing
from esolint.model.consumer import CONSUMER_KINDS, StoreUse, store_uses
from esolint.rule import Finding, Note
from esolint.value import mapping


def store_not_found(env: Environment) -> Iterator[Finding]:
    for use, missing in _missing_stores(env):
        if missing.other_kind or missing.other_namespace or is_renamed(use, env):
            continue
        related: tuple[Note, ...] = ()
        who = "the repository"
        if missing.near is not None:
            related = (Note(missing.near, ("metadata", "name"), "did you mean this one?"),)
        elif missing.other_cluster:
            who = f"the cluster {env.name}"
            related = (Note(missing.other_cluster[0], ("metadata", "name"), "of another cluster"),)
        yield Finding(
            use.resource,
            (*use.route, "name"),
            f'{use.resource.title} refers to {use.kind} "{use.name}", which {who} does not define',
            # Without a name that is meant instead, another repository may define it.
            confidence=None if missing.near else "medium",
            related=related,
        )


def store_kind_mismatch(env: Environment) -> Iterator[Finding]:
    for use, missing in _missing_stores(env):
        if not missing.other_kind:
            continue
        other = missing.other_kind[0]
        written = "kind" in mapping(use.resource.get(*use.route))
        meant = use.kind if written else f"{use.kind} (no kind is written)"
        yield Finding(
            use.resource,
            (*use.route, "kind" if written else "name"),
            f'{use.resource.title} refers to the {meant} "{use.name}", '
            f"but the repository has a {other.kind} of that name",
            related=(Note(other, ("metadata", "name"), f"a {other.kind}"),),
        )


def is_renamed(use: StoreUse, env: Environment) -> bool:
    """Say whether kustomize renames the store of a reference: kustomize-name-not-followed."""
    return any(
        (store.source_name, store.rendering) == (use.name, use.resource.rendering)
        and store.name != store.source_name
        for store in env.of_kind(use.kind)
    )


def _missing_stores(env: Environment) -> Iterator[tuple[StoreUse, Missing]]:
    for consumer in env.of_kind(*CONSUMER_KINDS):
        for use in store_uses(consumer):
            resolution = env.resolve(use)
            if isinstance(resolution, Missing):
                yield use, resolution
