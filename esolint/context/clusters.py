"""Renderings → clusters: which of them live together, and what nobody deploys.

A cluster is known by the entry point from which its objects are deployed: the folder that a
Flux installation syncs, or the Argo CD destination. What no entry point reaches may live on
any of them. Where the repository shows no cluster there is one careful group of all.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from esolint.context import argo, flux, kustomize
from esolint.context.files import CHART, Files, below, join
from esolint.context.kustomize.render import Renderer
from esolint.context.rendering import REST, Cluster, Deployed, Rendering, World, plain
from esolint.resource import Resource
from esolint.source import Document, Unread
from esolint.value import leaves, mapping

_MOST = 20_000
_APPS = "argocd-apps"  # a chart whose values are Applications
_PLUGINS = ("generators", "transformers", "helmCharts")

_Key = tuple[str, int, tuple[str | int, ...]]


class Read(Protocol):
    """What was read of a repository; see `esolint.repository.Repository`."""

    @property
    def resources(self) -> Sequence[Resource]: ...
    @property
    def documents(self) -> Sequence[Document]: ...
    @property
    def charts(self) -> Sequence[str]: ...
    @property
    def files(self) -> Files: ...


def deployed(
    repository: Read,
    root: str,
    named: Mapping[str, Callable[[str], bool]] | None = None,
    rendered: Mapping[str, frozenset[str]] | None = None,
) -> Deployed:
    """Work out where the objects of a repository go.

    `root` is the folder to which the paths of Flux and Argo CD are relative. `named` gives
    the environments of the configuration: a name, and a test of the paths that belong to it.
    `rendered` are folders of which the user's own tools made something, and the paths of it.
    """
    resources, files = repository.resources, repository.files
    rendered = rendered or {}
    renderer = Renderer(files)
    walk = _Walk(resources, files, renderer, root)
    by_flux = list(walk.flux_clusters())
    followed = {_key(r.by) for c in by_flux for r in c.renderings if r.by is not None}
    every = [*by_flux, *walk.argo_clusters(followed)]
    found = [cluster for cluster in every if not cluster.is_rest]
    rest = [r for cluster in every if cluster.is_rest for r in cluster.renderings]
    seen: set[str] = set().union(*(r.files for c in every for r in c.renderings))
    for own in _roots(repository, renderer, seen):
        if own.root in rendered:
            made = rendered[own.root]
            objects = tuple(r for r in resources if r.document.path in made)
            own = Rendering(own.root, objects, (), (), own.files | made)
        name = posixpath.relpath(own.root, root)
        for resource in own.resources:
            resource.rendering = name
        rest.append(own._replace(name=name))
        seen |= own.files
    left: list[Resource] = []
    undeployed: list[Resource] = []
    for resource in resources:
        path = resource.document.path
        if path not in seen and not kustomize.is_kustomization(resource.document):
            if resource.is_eso and _is_left_out(path, renderer, files):
                undeployed.append(resource)
            else:
                left.append(resource)
    rest += plain(left)
    return Deployed(_named(found, rest, named or {}, bool(undeployed)), tuple(undeployed))


def _roots(repository: Read, renderer: Renderer, seen: Collection[str]) -> Iterator[Rendering]:
    """Yield what the kustomizations and charts yield that nothing here deploys."""
    folders = [
        posixpath.dirname(document.path) or "."
        for document in repository.documents
        if kustomize.is_kustomization(document)
    ]
    for folder in renderer.roots(folders):
        if all(part.path not in seen for part in renderer.kustomization(folder)):
            yield renderer.render(folder)
    # Those in a circle are named by each other, and one of them says so.
    for folder in folders:
        found = renderer.kustomization(folder)
        component = any(_is_component(part) for part in found)
        if not component and all(part.path not in seen for part in found):
            yield renderer.render(folder)
    if repository.charts:
        # Few repositories hold charts.
        from esolint.context import helm

        for folder in helm.roots(repository.charts, repository.files):
            if join(folder, CHART) not in seen:
                yield helm.chart(folder, repository.files, None)


def _is_component(part: Document | Unread) -> bool:
    return isinstance(part, Document) and mapping(part.value).get("kind") == "Component"


def _is_left_out(path: str, renderer: Renderer, files: Files) -> bool:
    """Say whether a file that no rendering read stands beside a kustomization without it."""
    folder = posixpath.dirname(path) or "."
    real = files.real(folder)
    found = renderer.kustomization(real) if real is not None else ()
    if len(found) != 1 or not isinstance(found[0], Document):
        return False
    fields = mapping(found[0].value)
    if not fields.get("resources") or any(fields.get(field) for field in _PLUGINS):
        return False
    # It may be a component that nobody uses.
    named = (value for _, value in leaves(fields) if isinstance(value, str))
    return all(join(folder, name) != path for name in named)


def _named(
    found: Sequence[Cluster],
    rest: Sequence[Rendering],
    named: Mapping[str, Callable[[str], bool]],
    is_rest: bool,
) -> tuple[Cluster, ...]:
    """Return the clusters by the configuration's names, the rest, if any, behind them."""
    groups: dict[str, list[Rendering]] = {name: [] for name in named}
    clusters: list[Cluster] = []
    for cluster in found:
        owner = next((n for n, test in named.items() if _belongs(cluster, test)), None)
        if owner is None:
            clusters.append(cluster)
        else:
            groups[owner].extend(cluster.renderings)
    left: list[Rendering] = []
    for rendering in rest:
        owner = next((n for n, test in named.items() if test(rendering.root)), None)
        (left if owner is None else groups[owner]).append(rendering)
    because = "the configuration names it"
    told = [Cluster(name, because, True, tuple(own)) for name, own in groups.items() if own]
    if left or is_rest or not (told or clusters):
        why = "no cluster claims it" if told or clusters else "nothing here names a cluster"
        clusters.append(Cluster(REST, why, False, tuple(left), is_rest=True))
    return (*told, *clusters)


def _belongs(cluster: Cluster, test: Callable[[str], bool]) -> bool:
    entry = cluster.renderings[0]
    places = (entry.root, entry.by.document.path if entry.by is not None else "")
    return any(place and test(place) for place in places)


class _Walk:
    """Follows what Flux and Argo CD deploy, from the entry points down."""

    def __init__(
        self, resources: Sequence[Resource], files: Files, renderer: Renderer, root: str
    ) -> None:
        self._resources = resources
        self._files = files
        self._renderer = renderer
        self._root = root
        self._syncs = [r for r in resources if flux.is_kustomization(r)]
        self._by_name: dict[tuple[str, str], list[Resource]] = {}
        for resource in resources:
            self._by_name.setdefault((resource.kind, resource.name), []).append(resource)

    # Flux

    def flux_clusters(self) -> Iterator[Cluster]:
        """Yield the clusters that Flux syncs."""
        entries: dict[str, list[Resource]] = {}
        because: dict[str, str] = {}
        for resource in self._resources:
            for sync in flux.entries(resource):
                folder = self._folder(sync)
                if folder is not None:
                    entries[folder] = [sync]
                    because[folder] = f"{_where(resource)} syncs it"
        synced = frozenset(entries)
        children = self._children()
        has_parent = {child for parent, found in children.items() for child in found - {parent}}
        for sync in self._syncs:
            key = _key(sync)
            here = posixpath.dirname(sync.document.path) or "."
            if key in has_parent or any(below(here, folder) for folder in synced):
                continue
            folder = self._folder(sync)
            if folder is not None and key in children[key]:
                entries.setdefault(folder, []).append(sync)
                because.setdefault(folder, f"{_where(sync)} syncs the folder that holds it")
            elif children[key]:
                entries.setdefault(here, []).append(sync)
                because.setdefault(here, f"{_where(sync)} is deployed by no other one")
        for folder, syncs in entries.items():
            here = posixpath.relpath(folder, self._root)
            for target, own in _by_target(self._followed(syncs)).items():
                name = f"{target} of {here}" if target else here
                yield from _cluster(None if target is None else name, because[folder], True, own)

    def _folder(self, sync: Resource) -> str | None:
        """Return the folder here that a Kustomization applies; None where there is none."""
        world = World(self._files, self._renderer, self._root, self._find)
        return flux.folder(sync, world)[0]

    def _children(self) -> dict[_Key, set[_Key]]:
        """Return for each Kustomization those whose files its folder takes in."""
        by_file: dict[str, set[_Key]] = {}
        for sync in self._syncs:
            by_file.setdefault(sync.document.path, set()).add(_key(sync))
        paths_of_syncs = sorted(by_file)
        children: dict[_Key, set[_Key]] = {}
        taken: dict[str, set[_Key]] = {}
        for sync in self._syncs:
            folder = self._folder(sync)
            if folder is None:
                children[_key(sync)] = set()
                continue
            if folder not in taken:
                if self._renderer.kustomization(folder):
                    paths = self._renderer.files(folder)
                    taken[folder] = set().union(*(by_file.get(path, set()) for path in paths))
                else:
                    inside = _inside(folder, paths_of_syncs)
                    taken[folder] = set().union(*(by_file[path] for path in inside))
            children[_key(sync)] = taken[folder]
        return children

    # Argo CD

    def argo_clusters(self, followed: Collection[_Key]) -> Iterator[Cluster]:
        """Yield one cluster for each destination, where Applications name several.

        Those that Flux brings are on a cluster of Flux already: they are `followed`.
        """
        written = [
            resource
            for resource in self._resources
            if (argo.is_application(resource) or argo.is_set(resource))
            and _key(resource) not in followed
        ]
        for resource in self._resources:
            if not resource.kind and _APPS in resource.document.text:
                written.extend(argo.chart_values_applications(resource.document))
        renderings = self._followed(written)
        brought = {
            _key(resource)
            for rendering in renderings
            for resource in rendering.resources
            if rendering.by is not None and _key(rendering.by) != _key(resource)
        }
        if not brought.isdisjoint(map(_key, written)):
            # What another one brings is followed as that one has changed it.
            written.sort(key=lambda resource: _key(resource) in brought)
            renderings = self._followed(written)
        # Several folders may belong to several instances of Argo CD.
        roots = {posixpath.dirname(r.document.path) for r in written if _key(r) not in brought}
        by_cluster: dict[str | None, list[Rendering]] = {}
        for rendering in renderings:
            by_cluster.setdefault(rendering.cluster, []).append(rendering)
        for destination in sorted(by_cluster, key=str):
            name = "in-cluster" if destination == "" else destination
            because = f"Applications name {destination or 'the cluster of Argo CD'}"
            certain = bool(destination) or len(roots) == 1
            yield from _cluster(name, because, certain, by_cluster[destination])

    # Both

    def _find(self, kind: str, name: str, namespace: str | None) -> tuple[Resource, ...]:
        return _among(self._by_name, kind, name, namespace)

    def _followed(self, syncs: Sequence[Resource]) -> tuple[Rendering, ...]:
        """Return what some objects of Flux or Argo CD deploy, and what those objects deploy."""
        renderings, ambiguous = self._round(syncs, {})
        if ambiguous:
            # A second time, now that it is known which objects are on this cluster.
            here: dict[tuple[str, str], list[Resource]] = {}
            for rendering in renderings:
                for resource in rendering.resources:
                    here.setdefault((resource.kind, resource.name), []).append(resource)
            renderings, _ = self._round(syncs, here)
        return renderings

    def _round(
        self, syncs: Sequence[Resource], here: Mapping[tuple[str, str], list[Resource]]
    ) -> tuple[tuple[Rendering, ...], bool]:
        ambiguous = False

        def find(kind: str, name: str, namespace: str | None) -> tuple[Resource, ...]:
            nonlocal ambiguous
            found = _among(here, kind, name, namespace) or self._find(kind, name, namespace)
            ambiguous = ambiguous or len(found) > 1
            return found

        world = World(self._files, self._renderer, self._root, find)
        done: set[tuple[_Key, str]] = set()
        places: set[_Key] = set()
        renderings: list[Rendering] = []
        queue = list(syncs)
        written = frozenset(syncs)
        for sync in queue:
            # The Applications that a set makes stand in one place.
            one = (_key(sync), sync.name)
            # What is written counts only where nobody brings it, under whatever name.
            if one in done or (sync in written and one[0] in places):
                continue
            done.add(one)
            places.add(one[0])
            if argo.is_set(sync):
                applications, unknown = argo.applications(sync, world)
                queue.extend(applications)
                if unknown:
                    renderings.append(_nothing(sync, unknown))
                continue
            own = flux.render(sync, world) if flux.is_kustomization(sync) else None
            for rendering in (own,) if own is not None else argo.render(sync, world):
                renderings.append(rendering)
                queue.extend(
                    resource
                    for resource in rendering.resources
                    if flux.is_kustomization(resource)
                    or argo.is_application(resource)
                    or argo.is_set(resource)
                )
            if len(queue) > _MOST:
                renderings.append(_nothing(sync, (f"more than {_MOST} objects deploy others",)))
                break
        return tuple(renderings), ambiguous


def _among(
    known: Mapping[tuple[str, str], list[Resource]], kind: str, name: str, namespace: str | None
) -> tuple[Resource, ...]:
    """Return the objects among some that a kind, a name and a namespace may mean."""
    return tuple(
        resource
        for resource in known.get((kind, name), ())
        if None in (namespace, resource.namespace) or resource.namespace == namespace
    )


def _cluster(
    name: str | None, because: str, certain: bool, renderings: Sequence[Rendering]
) -> Iterator[Cluster]:
    """Yield the cluster of some renderings, if ESO is on it; None: nobody knows which it is."""
    if any(resource.is_eso for r in renderings for resource in r.resources):
        own = tuple(renderings)
        yield Cluster(name or REST, because, certain, own, is_rest=name is None)


def _by_target(renderings: Sequence[Rendering]) -> dict[str | None, list[Rendering]]:
    """Return what Kustomizations bring by the cluster that they, or what makes them, name."""
    targets: dict[str, str | None] = {}
    found: dict[str | None, list[Rendering]] = {}
    for rendering in renderings:
        target = rendering.cluster
        if target == "" and rendering.by is not None:
            target = targets.get(rendering.by.rendering, "")
        targets.setdefault(rendering.name, target)
        found.setdefault(target, []).append(rendering)
    return found


def _inside(folder: str, paths: Sequence[str]) -> Sequence[str]:
    """Return which of some sorted paths lie in a folder, at any depth."""
    if not folder.strip("./"):
        return [path for path in paths if below(path, folder)]
    # They stand together, from the folder's name with "/" on to that with what follows "/".
    return paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")]


def _nothing(by: Resource, unknown: tuple[str, ...]) -> Rendering:
    return Rendering("", (), unknown, (), frozenset(), by=by)


def _key(resource: Resource) -> _Key:
    """Return what identifies an object by its source, whatever patched it since."""
    return resource.document.path, resource.document.index, resource.base


def _where(resource: Resource) -> str:
    place = f"{resource.document.path}:{resource.document.span(resource.base).line}"
    return f"{resource.kind} {resource.name} ({place})" if resource.kind else place
