"""Indexes over the resources of one environment: what is there, and what a name leads to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from esolint.context.rendering import is_example
from esolint.model.consumer import STORE, STORE_KINDS, StoreUse
from esolint.nearest import nearest
from esolint.resource import Resource, known_namespace
from esolint.schema import Admission, Catalog, Version, admit
from esolint.source import Unread
from esolint.value import Route, Value

if TYPE_CHECKING:
    from esolint.context.rendering import Rendering
    from esolint.links import Links
    from esolint.model.installation import Installation
    from esolint.model.makers import Makers


class Found(NamedTuple):
    """The objects that a reference can mean; more than one where namespaces are not known."""

    resources: tuple[Resource, ...]


class Missing(NamedTuple):
    """Nothing of that name, and nothing that could hide one.

    `near` is the object that was probably meant. Objects of that very name are `other_kind`
    where they are of the other kind of store, `other_namespace` where they stand in a
    namespace that the reference does not reach, and `other_cluster` where only another
    environment has them.
    """

    near: Resource | None
    other_kind: tuple[Resource, ...] = ()
    other_namespace: tuple[Resource, ...] = ()
    other_cluster: tuple[Resource, ...] = ()


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


def _stores_by_name(resources: Iterable[Resource]) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = {}
    for store in resources:
        if store.kind in STORE_KINDS and store.is_eso:
            found.setdefault((store.kind, store.name), []).append(store)
    return found


def _reaches(use: StoreUse, store: Resource) -> bool:
    """Say whether a reference can mean a store of its name, by the namespaces of both."""
    if use.kind != STORE:
        return True
    hole = use.resource.unknown(("metadata", "namespace"))
    there = known_namespace(store)
    return hole or None in (use.namespace, there) or use.namespace == there


class Environment:
    """The resources that live on one cluster together.

    `renderings` say how they get there; `beside` is what was read for them and is none of
    their objects (kustomizations, a chart's values). `patches` are kustomize patches that no
    rendering applies: parts of objects, which no lookup returns; `objects` are both.
    `elsewhere` are objects that may live here too, since nobody says where they go; `others`
    those of other clusters. `repository` are all objects as they are written, `unread` the
    inputs that could not be read; what they may hold is unknown.
    `undeployed` are objects that nothing brings anywhere. `unversioned` are the objects for
    which no ESO version is known, those of all environments in the first such one.
    `root` is the top of the repository, in the paths of reports.
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
        *,
        renderings: Sequence[Rendering] = (),
        beside: Sequence[Resource] = (),
        elsewhere: Sequence[Resource] = (),
        others: Sequence[Resource] = (),
        repository: Sequence[Resource] | None = None,
        undeployed: Sequence[Resource] = (),
        unversioned: Sequence[Resource] | None = None,
        certain: bool = False,
        root: str = ".",
    ) -> None:
        self.name = name
        self._above = "" if root == "." else f"{root.rstrip('/')}/"
        self.eso_version = eso_version
        self._catalog = catalog
        self._admissions: dict[int, Admission] = {}
        self.resources: tuple[Resource, ...] = tuple(resources)
        self.patches: tuple[Resource, ...] = tuple(patches)
        self.renderings = tuple(renderings)
        self.beside = tuple(beside)
        self.elsewhere = tuple(elsewhere)
        self.others = tuple(others)
        self._open = {r.name: r.unknown[0] for r in self.renderings if r.name and r.unknown}
        self.repository = self.resources if repository is None else tuple(repository)
        self.undeployed = tuple(undeployed)
        self.certain = certain
        unknown_version = self.resources if eso_version is None else ()
        self.unversioned = unknown_version if unversioned is None else tuple(unversioned)
        self.external = tuple(external)
        self.objects = (*self.resources, *self.patches)
        self.has_eso = any(r.is_eso for r in (*self.objects, *self.undeployed))
        self._by_kind: dict[str, list[Resource]] = {}
        for resource in self.resources:
            self._by_kind.setdefault(resource.kind, []).append(resource)
        self.unread = tuple(unread)
        self._store_template = next(filter(_may_define_a_store, self.unread), None)
        self._absent: dict[tuple[str, str], Missing | Unknown] = {}
        self._stores = _stores_by_name(self.resources)
        self._stores_elsewhere = _stores_by_name(self.elsewhere)

    def of_kind(self, *kinds: str) -> Sequence[Resource]:
        """Return the resources of these kinds (any group), in the order of the repository.

        The kind `""` gives what is read although it is no Kubernetes object: IAM policies.
        """
        if len(kinds) == 1:
            return self._by_kind.get(kinds[0], ())
        return [resource for resource in self.resources if resource.kind in kinds]

    def distinct(self, resources: Iterable[Resource]) -> Iterator[Resource]:
        """Yield resources without those that several renderings make alike of one source."""
        return (resource for resource in resources if id(resource) not in self._repeated)

    @cached_property
    def _repeated(self) -> frozenset[int]:
        """The ids of objects that are like an earlier one from the same place of the source."""
        by_source: dict[tuple[int, Route], list[Resource]] = {}
        # One object may be part of several renderings as it is.
        for resource in {id(r): r for r in (*self.objects, *self.undeployed)}.values():
            by_source.setdefault((id(resource.document), resource.base), []).append(resource)
        repeated: set[int] = set()
        for twins in by_source.values():
            seen: set[object] = set()
            for twin in twins if len(twins) > 1 else ():
                parts = frozenset(twin.overrides.items())
                traits = (repr(twin.value), parts, twin.holes, twin.known)
                if traits in seen:
                    repeated.add(id(twin))
                seen.add(traits)
        return frozenset(repeated)

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
        if self._is_example(use.resource):
            return Unknown("an example may mean a store of its reader")
        key = (use.kind, use.name)
        here, possible = self._stores.get(key, []), self._stores_elsewhere.get(key, [])
        for named in (here, possible):
            fitting = [store for store in named if _reaches(use, store)]
            if fitting:
                return Found(tuple(fitting))
        absent = self._absent.get(key)
        if absent is None:
            absent = self._absent[key] = self._why_absent(use.kind, use.name)
        if isinstance(absent, Unknown):
            return absent
        if here or possible:
            absent = Missing(None, other_namespace=tuple(here or possible))
            if not self.certain and any(_reaches(use, store) for store in self._abroad(*key)):
                return Unknown("another cluster has it")
        if absent.other_namespace or not any(absent):
            # What comes with the consumer may bring the store along.
            why = self.open_because(use.resource)
            return Unknown(why) if why else absent
        return absent

    def _abroad(self, kind: str, name: str) -> list[Resource]:
        """Return the stores of a name that only other clusters have."""
        return [r for r in self.others if (r.kind, r.name) == (kind, name) and r.is_eso]

    def _named_stores(self, kind: str, name: str) -> list[Resource]:
        """Return the stores of a name that are here, or else those that may be."""
        key = (kind, name)
        return self._stores.get(key) or self._stores_elsewhere.get(key, [])

    def _why_absent(self, kind: str, name: str) -> Missing | Unknown:
        """Say of a store that the repository does not define whether it can be elsewhere."""
        known = {**self._stores_elsewhere, **self._stores}
        abroad = tuple(self._abroad(kind, name))
        if not known and not abroad:
            return Unknown("the repository defines no store")
        if self._is_external(kind, name):
            return Unknown("the configuration lists it as external")
        if kind in self._kinds_with_holes:
            return Unknown("a store's name is only known after rendering")
        if self._store_template is not None:
            return Unknown(f"{self._store_template.path} may define it")
        other = tuple(self._named_stores(STORE_KINDS[kind == STORE], name))
        names = {n: stores[0] for (k, n), stores in known.items() if k == kind}
        if not names and not other and not abroad:
            return Unknown(f"the repository defines no {kind}")
        maker = self._makers.of(kind, name, names)
        if maker is not None:
            return Unknown(f"{maker} may make it")
        if abroad:
            if not self.certain:
                return Unknown("another cluster has it")
            # Who installs ESO from here has the stores here, too.
            why = next((why for r in self.renderings for why in r.unknown), None)
            if why is not None and not known and self.installation is None:
                return Unknown(why)
            return Missing(None, other, other_cluster=abroad)
        near = nearest(name, names)
        return Missing(names[near] if near else None, other)

    def open_because(self, resource: Resource) -> str | None:
        """Return why what brings an object may bring others that are not known, None: it is all."""
        return self._open.get(resource.rendering)

    @property
    def has_stores(self) -> bool:
        """Whether a store stands here, or may, or on another cluster."""
        if self._stores or self._stores_elsewhere:
            return True
        return any(r.kind in STORE_KINDS and r.is_eso for r in self.others)

    @cached_property
    def links(self) -> Links:
        """Who writes and who reads the Secrets and ConfigMaps here."""
        # Loaded here: most rules look at one object alone.
        from esolint.links import Links

        return Links(self.resources, self.elsewhere)

    @cached_property
    def installation(self) -> Installation | None:
        """How ESO is installed here; else by what may be here, as nobody says where it goes.

        An Application or a HelmRelease may install it on another cluster than its own.
        """
        every = (*self.resources, *self.beside, *self.elsewhere, *self.others)
        if all(resource.is_eso for resource in every):
            return None
        # Loaded here: a commit seldom holds more than ESO's objects.
        from esolint.model.installation import Installation, operators

        own = operators((*self.resources, *self.beside)) or operators(self.elsewhere)
        if self.certain or self.others:
            here = {rendering.cluster for rendering in self.renderings}
            others = [o for o in operators(self.others) if o.cluster]
            own = tuple(o for o in (*own, *others) if o.cluster is None or o.cluster in here)
        return Installation(own) if own else None

    def folder(self, resource: Resource) -> str:
        """Return the folder in which an object stands, from the top of the repository."""
        return posixpath.dirname(resource.document.path.removeprefix(self._above))

    @cached_property
    def place(self) -> Callable[[Resource], Hashable]:
        """What says of an object where it is applied: see `esolint.links.places`."""
        # Loaded here: where nothing is compared, nobody asks.
        from esolint.links import places

        return places(self.renderings, certain=self.certain, above=self._above)

    def is_absent(self, kind: str, name: str) -> bool:
        """Say whether no store of a kind has a name, nor can get it, in whatever namespace."""
        return isinstance(self._why_absent(kind, name), Missing)

    def _is_example(self, resource: Resource) -> bool:
        """Say whether an object is there to be copied: no store stands beside it."""
        if resource.rendering or not is_example(folder := self.folder(resource)):
            return False
        return folder not in self._folders_of_stores

    @cached_property
    def _folders_of_stores(self) -> frozenset[str]:
        stores = (s for named in (self._stores, self._stores_elsewhere) for s in named.values())
        return frozenset(self.folder(store) for named in stores for store in named)

    @cached_property
    def _makers(self) -> Makers:
        # Loaded here: in a sound repository nobody asks.
        from esolint.model.makers import Makers

        return Makers(self.repository)

    @cached_property
    def _kinds_with_holes(self) -> frozenset[str]:
        """The kinds of which a store has a name that is only known after rendering."""
        name = ("metadata", "name")
        known = (*self._stores.values(), *self._stores_elsewhere.values())
        stores = (store for named in known for store in named)
        return frozenset(store.kind for store in stores if store.unknown(name))

    def _is_external(self, kind: str, name: str) -> bool:
        if not self.external:
            return False
        from fnmatch import fnmatchcase

        return any(fnmatchcase(name, e) or fnmatchcase(f"{kind}/{name}", e) for e in self.external)
