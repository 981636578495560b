"""The rules of topic refs about what stores are for: to bring what they need, or for nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from esolint.checks.refs_sources import HANDS, credentials
from esolint.graph import Environment
from esolint.model.consumer import (
    CONSUMER_KINDS,
    EXTERNAL_SECRETS,
    PUSH_SECRETS,
    STORE,
    STORE_KINDS,
    StoreUse,
    store_uses,
)
from esolint.resource import Resource, known_namespace
from esolint.rule import Finding, Note
from esolint.value import Route, Value, expand, mapping, parse_route, text

_NAME: Route = ("metadata", "name")

# Kind, namespace (None: of none, or not known) and name.
_Key: TypeAlias = tuple[str, str | None, str]


# Stores that need what they bring


class _Maker(NamedTuple):
    """An ExternalSecret that makes what a store signs in with, and the stores that it reads."""

    resource: Resource
    reads: Mapping[_Key, Route]


class _Need(NamedTuple):
    """What a store signs in with, where nothing but ExternalSecrets makes it."""

    store: Resource
    route: Route
    name: str
    makers: tuple[_Maker, ...]


def store_bootstrap_cycle(env: Environment) -> Iterator[Finding]:
    waiting = _needs(env)
    # What a store brings that waits for nothing is there in the end.
    while True:
        ready = {
            key
            for key, needs in waiting.items()
            if all(any(not _open(maker, waiting) for maker in need.makers) for need in needs)
        }
        if not ready:
            break
        waiting = {key: needs for key, needs in waiting.items() if key not in ready}
    for key, needs in waiting.items():
        for need in needs:
            chain = _back_to(key, need, waiting)
            if chain:
                yield _circular(need, chain)
                break


def _needs(env: Environment) -> dict[_Key, list[_Need]]:
    """Return the stores that have to wait for ExternalSecrets, and for which."""
    found: dict[_Key, list[_Need]] = {}
    able: set[_Key] = set()
    seeds: frozenset[str] | None = None
    for store in env.of_kind(*STORE_KINDS):
        if not store.is_eso:
            continue
        key = (store.kind, known_namespace(store) if store.kind == STORE else None, store.name)
        needs: list[_Need] = []
        for use in credentials(store, ("secret",)):
            written = env.links.writers_of("Secret", use.name, use.namespace)
            makers = [w for w in written if "*" not in w.name]
            alone = all(w.sure and w.makes and w.resource.kind in EXTERNAL_SECRETS for w in makers)
            # A Job may make anything; the charts of a namespace leave this to ESO.
            others = [w for w in written if "*" in w.name and w.resource.kind in HANDS]
            if use.namespace is None or not makers or not alone or others:
                continue
            if seeds is None:
                seeds = frozenset(_seeds(env))
            if use.name not in seeds:
                reading = (_Maker(w.resource, _reads(w.resource, w.namespace)) for w in makers)
                needs.append(_Need(store, use.route, use.name, tuple(reading)))
        if needs:
            found.setdefault(key, []).extend(needs)
        else:
            able.add(key)
    return {key: needs for key, needs in found.items() if key not in able}


def _seeds(env: Environment) -> Iterator[str]:
    """Yield the names of Secrets that stand in the repository, wherever that may lead them."""
    for resource in env.repository:
        if not resource.is_eso and "Secret" in resource.kind:
            yield resource.name


def _reads(resource: Resource, namespace: str | None) -> dict[_Key, Route]:
    """Return the stores that an ExternalSecret reads; none where one of them is not known."""
    reads: dict[_Key, Route] = {}
    for use in store_uses(resource):
        if use.name is None or use.unknown():
            return {}
        home = namespace if use.kind == STORE else None
        reads.setdefault((use.kind, home, use.name), (*use.route, "name"))
    return reads


def _open(maker: _Maker, waiting: Collection[_Key]) -> list[_Key]:
    return [key for key in maker.reads if key in waiting]


def _back_to(
    key: _Key, need: _Need, waiting: Mapping[_Key, list[_Need]]
) -> list[tuple[_Maker, _Key]]:
    """Return how what a store needs leads back to it, one ExternalSecret after the other."""
    seen: set[_Key] = set()
    paths: list[list[tuple[_Maker, _Key]]] = [
        [(maker, other)] for maker in need.makers for other in _open(maker, waiting)
    ]
    for path in paths:
        here = path[-1][1]
        if here == key:
            return path
        if here not in seen:
            seen.add(here)
            paths += [
                [*path, (maker, other)]
                for following in waiting[here]
                for maker in following.makers
                for other in _open(maker, waiting)
            ]
    return []


def _circular(need: _Need, chain: list[tuple[_Maker, _Key]]) -> Finding:
    steps = [
        f"{maker.resource.title} out of " + ("this very store" if last else f'{key[0]} "{key[2]}"')
        for (maker, key), last in zip(chain, [*[False] * (len(chain) - 1), True], strict=True)
    ]
    return Finding(
        need.store,
        need.route,
        f'{need.store.title} signs in with Secret "{need.name}", which nothing here makes but '
        + ", which waits for ".join(steps),
        related=tuple(
            Note(maker.resource, maker.reads[key], "it reads this store") for maker, key in chain
        ),
    )


# Stores that nobody uses


def unused_store(env: Environment) -> Iterator[Finding]:
    here = [r for r in env.of_kind(*STORE_KINDS) if r.is_eso and not r.unknown(_NAME)]
    consumers = _Consumers(env)
    idle = [store for store in here if not consumers.use(store)]
    # Where none of the stores is used, the consumers stand in other repositories.
    if not idle or len(idle) == len(here):
        return
    named = _words(env.repository, {store.name for store in idle})
    # Templates and the like that cannot be read may use any store that they name.
    texts = [unread.piece.text for unread in env.unread if unread.piece is not None]
    for store in idle:
        if store.name not in named and not any(store.name in text for text in texts):
            yield Finding(store, _NAME, f"{store.title} is used by nothing here")


class _Consumers:
    """All that may use a store, wherever in the repository it stands."""

    def __init__(self, env: Environment) -> None:
        every = (*env.objects, *env.elsewhere, *env.others, *env.repository, *env.undeployed)
        consumers = [r for r in every if r.kind in CONSUMER_KINDS and r.is_eso]
        self._selectors = [s for consumer in consumers for s in _selectors(consumer)]
        self._namespaces: dict[tuple[str, str], set[str | None]] = {}
        self._hidden: set[str] = set()
        for consumer in consumers:
            base = {**EXTERNAL_SECRETS, **PUSH_SECRETS}[consumer.kind]
            if any(consumer.unknown((*base, field)) for field in _FIELDS):
                self._hidden.update(STORE_KINDS)
            # Where the children of a cluster-wide one go is not always known.
            cluster = consumer.kind.startswith("Cluster")
            namespace = None if cluster else known_namespace(consumer)
            for use in store_uses(consumer):
                self._add(use, namespace)

    def _add(self, use: StoreUse, namespace: str | None) -> None:
        if use.resource.unknown((*use.route, "kind")):
            self._hidden.update(STORE_KINDS)
        elif use.name is None or use.unknown():
            self._hidden.add(use.kind)
        else:
            self._namespaces.setdefault((use.kind, use.name), set()).add(namespace)

    def use(self, store: Resource) -> bool:
        """Say whether somebody uses a store, or may."""
        if store.kind in self._hidden or any(s.fits(store) for s in self._selectors):
            return True
        home = known_namespace(store) if store.kind == STORE else None
        for name in (store.name, store.source_name):
            users = self._namespaces.get((store.kind, name), set())
            if users and (home is None or not users.isdisjoint((None, home))):
                return True
        return False


_FIELDS = ("secretStoreRef", "secretStoreRefs", "data", "dataFrom", "dataTo")


class _Selector(NamedTuple):
    """A selector of stores by labels. `labels` None: which ones it takes is not known."""

    kind: str
    labels: Mapping[str, Value] | None

    def fits(self, store: Resource) -> bool:
        route: Route = ("metadata", "labels")
        given = mapping(store.get(*route))
        if store.kind != self.kind or self.labels is None or store.unknown(route):
            return store.kind == self.kind
        return self.labels.items() <= given.items()


def _selectors(consumer: Resource) -> Iterator[_Selector]:
    """Yield the selectors by which a PushSecret finds its stores."""
    for written in ("secretStoreRefs.*", "dataTo.*.storeRef"):
        base = PUSH_SECRETS.get(consumer.kind)
        for route in expand((*base, *parse_route(written)), consumer.value) if base else ():
            reference = mapping(consumer.get(*route))
            selector = reference.get("labelSelector")
            if selector is not None:
                labels = mapping(selector).get("matchLabels")
                plain = isinstance(labels, dict) and "matchExpressions" not in mapping(selector)
                known = plain and not consumer.unknown((*route, "labelSelector"))
                kind = text(reference.get("kind")) or STORE
                yield _Selector(kind, mapping(labels) if known else None)


def _words(resources: Iterable[Resource], wanted: Collection[str]) -> set[str]:
    """Return those of some words that stand in the documents of what is none of ESO's objects."""
    found: set[str] = set()
    for written in {r.document.text for r in resources if not r.is_eso}:
        found.update(re.findall(r"[\w.-]+", written))
    return found.intersection(wanted)
