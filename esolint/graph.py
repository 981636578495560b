"""Indexes over the resources of one environment: what is there, and what a name leads to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from esolint.model.consumer import STORE, STORE_KINDS, StoreUse
from esolint.nearest import nearest
from esolint.resource import Resource
from esolint.schema import Admission, Catalog, Version, admit
from esolint.source import Unread
from esolint.value import Value

if TYPE_CHECKING:
    from esolint.model.makers import Makers


class Found(NamedTuple):
    """The objects that a reference can mean; more than one where namespaces are not known."""

    resources: tuple[Resource, ...]


class Missing(NamedTuple):
    """Nothing of that name, and nothing that could hide one.

    `near` is the object that was probably meant; `other_kind` the objects of that name
    that are of the other kind of store.
    """

    near: Resource | None
    other_kind: tuple[Resource, ...] = ()


class Unknown(NamedTuple):
    """It cannot be said; `why` completes "unknown because …"."""

    why: str


Resolution: TypeAlias = "Found | Missing | Unknown"

# An object of its own, not a reference: the key `kind` at the start of a line.
_STORE_TEMPLATE = r"(?m)^kind:\s*[\"']?(?:Cluster)?SecretStore\b"
# Why nothing at all is known of an input.
_UNSEEN = frozenset({"too-large", "too-many-documents", "encoding", "unreadable"})


def _may_define_a_store(unread: Unread) -> bool:
    if unread.piece is None:
        return unread.reason in _UNSEEN
    from esolint.model.makers import defines_store

    written = unread.piece.text
    return re.search(_STORE_TEMPLATE, written) is not None or defines_store(written)


class Environment:
    """The resources that live on one cluster together.

    `patches` are kustomize patches: parts of objects, which no lookup returns; `objects` are
    both. `unread` are the inputs that could not be read; what they may hold is unknown.
    `external` names stores that live elsewhere: patterns of "name" or "Kind/name".
    `eso_version` is None where nobody names one; `catalog` holds a user's own CRDs.
    """

    def __init__(
        self,
        resources: Iterable[Resource],
        patches: Iterable[Resource] = (),
        unread: Iterable[Unread] = (),
        external: Sequence[str] = (),
        name: str = "repository",
        eso_version: Version | None = None,
        catalog: Catalog | None = None,
    ) -> None:
        self.name = name
        self.eso_version = eso_version
        self._catalog = catalog
        self._admissions: dict[int, Admission] = {}
        self.resources: tuple[Resource, ...] = tuple(resources)
        self.patches: tuple[Resource, ...] = tuple(patches)
        self.external = tuple(external)
        self.objects = (*self.resources, *self.patches)
        self.has_eso = any(r.is_eso for r in self.objects)
        self._by_kind: dict[str, list[Resource]] = {}
        for resource in self.resources:
            self._by_kind.setdefault(resource.kind, []).append(resource)
        self._store_template = next(filter(_may_define_a_store, unread), None)
        self._absent: dict[tuple[str, str], Missing | Unknown] = {}
        self._stores: dict[tuple[str, str], list[Resource]] = {}
        for store in self.of_kind(*STORE_KINDS):
            if store.is_eso:
                self._stores.setdefault((store.kind, store.name), []).append(store)

    def of_kind(self, *kinds: str) -> Sequence[Resource]:
        """Return the resources of these kinds (any group), in the order of the repository.

        The kind `""` gives what is read although it is no Kubernetes object: IAM policies.
        """
        if len(kinds) == 1:
            return self._by_kind.get(kinds[0], ())
        return [resource for resource in self.resources if resource.kind in kinds]

    def admission(self, resource: Resource) -> Admission:
        """Return the API server's verdict on an object, for the ESO version that is here."""
        verdict = self._admissions.get(id(resource))
        if verdict is None:
            verdict = self._admissions[id(resource)] = admit(
                resource.value,
                resource.api_version,
                resource.kind,
                eso_version=self.eso_version,
                unknown=resource.unknown,
                catalog=self._catalog,
            )
        return verdict

    def defaulted(self, resource: Resource) -> Value:
        """Return an object with the defaults of its CRD, as the API server stores it."""
        return self.admission(resource).value if resource.is_eso else resource.value

    def resolve(self, use: StoreUse) -> Resolution:
        """Find the store that a reference means.

        Missing only where the repository defines stores, reads all that could define one
        and none can be the one that is meant.
        """
        if use.name is None or use.unknown():
            return Unknown("the reference is only known after rendering")
        if use.kind not in STORE_KINDS:
            return Unknown(f"{use.kind} is no kind of store")
        named = self._stores.get((use.kind, use.name), [])
        if use.kind == STORE:
            hole = use.resource.unknown(("metadata", "namespace"))
            namespace = None if hole else use.namespace
            fitting = [
                s
                for s in named
                if None in (s.namespace, namespace)
                or s.namespace == namespace
                or s.unknown(("metadata", "namespace"))
            ]
            if named and not fitting:
                return Unknown("a store of that name stands in another namespace")
            named = fitting
        if named:
            return Found(tuple(named))
        absent = self._absent.get((use.kind, use.name))
        if absent is None:
            absent = self._absent[use.kind, use.name] = self._why_absent(use.kind, use.name)
        if isinstance(absent, Missing):
            patch = self._makers.exchanges(use)
            if patch:
                return Unknown(f"{patch} may name another store")
        return absent

    def _why_absent(self, kind: str, name: str) -> Missing | Unknown:
        """Say of a store that the repository does not define whether it can be elsewhere."""
        if not self._stores:
            return Unknown("the repository defines no store")
        if self._is_external(kind, name):
            return Unknown("the configuration lists it as external")
        if kind in self._kinds_with_holes:
            return Unknown("a store's name is only known after rendering")
        if self._store_template is not None:
            return Unknown(f"{self._store_template.path} may define it")
        other = tuple(self._stores.get((STORE_KINDS[kind == STORE], name), ()))
        names = {n: stores[0] for (k, n), stores in self._stores.items() if k == kind}
        if not names and not other:
            return Unknown(f"the repository defines no {kind}")
        maker = self._makers.of(kind, name, names)
        if maker is not None:
            return Unknown(f"{maker} may make it")
        near = nearest(name, names)
        return Missing(names[near] if near else None, other)

    @cached_property
    def _makers(self) -> Makers:
        # Loaded here: in a sound repository nobody asks.
        from esolint.model.makers import Makers

        return Makers(self.resources, self.patches)

    @cached_property
    def _kinds_with_holes(self) -> frozenset[str]:
        """The kinds of which a store has a name that is only known after rendering."""
        name = ("metadata", "name")
        stores = (store for named in self._stores.values() for store in named)
        return frozenset(store.kind for store in stores if store.unknown(name))

    def _is_external(self, kind: str, name: str) -> bool:
        if not self.external:
            return False
        from fnmatch import fnmatchcase

        return any(fnmatchcase(name, e) or fnmatchcase(f"{kind}/{name}", e) for e in self.external)
