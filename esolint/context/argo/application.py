"""Applications → renderings: what each of their sources brings to a cluster."""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from esolint.context.argo import cluster
from esolint.context.argo.folder import manifests
from esolint.context.files import Files, below, join
from esolint.context.kustomize import FILE_NAMES
from esolint.context.kustomize.item import NAME, NAMESPACE, Item
from esolint.context.rendering import Overlay, Rendering, World
from esolint.resource import Resource
from esolint.source import Document
from esolint.value import Route, Value, mapping, sequence, text

_TO: Route = ("spec", "destination", "namespace")
_MANAGED: Route = ("spec", "syncPolicy", "managedNamespaceMetadata")
_SYNC_OPTIONS: Route = ("spec", "syncPolicy", "syncOptions")
# An Application of CNOE's idpbuilder names folders beside its own file so.
_BESIDE = "cnoe://"
_REMOTE_URL = re.compile(rb"(?m)^[ \t]*url[ \t]*=[ \t]*(\S+)")

# Fields of a source that `kustomize edit` takes over. What else it may set (images, replicas)
# is part of no object that is looked at.
_OVERLAID = ("namePrefix", "nameSuffix", "namespace", "commonAnnotations", "components", "patches")


def render(application: Resource, world: World) -> tuple[Rendering, ...]:
    """Return what an Application brings, one rendering for each source with manifests."""
    sources = _sources(application)
    destination = _destination(application)
    name = f"Application {_title(application)}"
    found: list[Rendering] = []
    for i, route in enumerate(sources):
        rendering = _rendered(application, route, world)
        if rendering is not None:
            own = f"{name} (source {i + 1})" if len(sources) > 1 else name
            found.append(_brought(rendering, application, destination, own))
    if not found:
        nothing = _nothing("it names no source of manifests")
        found.append(_brought(nothing, application, destination, name))
    made = _namespace(application, destination, world, found)
    if made is not None:
        made.rendering = found[0].name
        found[0] = found[0]._replace(resources=(*found[0].resources, made))
    return tuple(found)


def _title(application: Resource) -> str:
    namespace = application.namespace
    return f"{namespace}/{application.name}" if namespace else application.name


def _sources(application: Resource) -> list[Route]:
    several = sequence(application.get("spec", "sources"))
    if several:
        return [("spec", "sources", i) for i in range(len(several))]
    single: tuple[Route, ...] = (("spec", "sourceHydrator", "drySource"), ("spec", "source"))
    return [route for route in single if isinstance(application.get(*route), dict)][:1]


# One source


def _nothing(why: str) -> Rendering:
    return Rendering("", (), (why,), (), frozenset())


def _rendered(application: Resource, route: Route, world: World) -> Rendering | None:
    """Return what a source yields; None where it only lends its files to the others."""
    source = mapping(application.get(*route))
    url = text(source.get("repoURL")) or ""
    if source.get("chart") is not None:
        chart = text(source["chart"]) or "of a name that only rendering decides"
        return _nothing(f"it installs the chart {chart} from {without_login(url)}")
    if source.get("ref") is not None and not source.get("path"):
        return None
    if url.startswith("oci://"):
        return _nothing(f"it comes from {without_login(url)}")
    if application.unknown((*route, "path")):
        return _nothing("its path is only known after rendering")
    path = text(source.get("path"))
    if path is None:
        return _nothing("it names no path")
    if posixpath.isabs(path):
        return _nothing(f"Argo CD refuses the path {path}, which is absolute")
    root = world.root
    if url.startswith(_BESIDE) and not application.unknown((*route, "repoURL")):
        document, _ = application.origin((*route, "repoURL"))
        root = join(posixpath.dirname(document.path), url.removeprefix(_BESIDE).lstrip("/"))
    elif not is_ours(url, world):
        return _nothing(f"it comes from {without_login(url)}")
    folder = world.files.real_in(root, path)
    top = world.files.real(world.root)
    if folder is None or top is None or not world.files.is_folder(folder):
        return _nothing(f"{path} is no folder of this repository")
    if not below(folder, top):
        return _nothing(f"{path} lies outside of this repository")
    if folder == top and not _own_names(world) and not url.startswith(_BESIDE):
        # Every repository has one.
        return _nothing("it may be the top of another repository")
    rendering = _of_folder(application, route, folder, world)
    return _changed_beside(application, folder, world.files, rendering)


def is_ours(url: str, world: World) -> bool:
    """Say whether a URL may be that of this repository.

    Forks, mirrors and clones share the last part of their URLs; where nothing says what
    this repository is called, any URL may be its own.
    """
    own = _own_names(world)
    return not own or not url or re.search(r"[<{$]", url) is not None or _last_part(url) in own


def _own_names(world: World) -> set[str]:
    """Return what the remotes of this repository are called; nothing where nobody says."""
    path = world.files.real_in(world.root, ".git/config")
    content = world.files.content(path) if path is not None else b""
    urls = _REMOTE_URL.findall(content) if isinstance(content, bytes) else []
    return {_last_part(url.decode("utf-8", "replace")) for url in urls}


def _last_part(url: str) -> str:
    last = url.rstrip("/").replace(":", "/").rpartition("/")[2]
    return last.removesuffix(".git").lower()


def without_login(url: str) -> str:
    """Return a URL without the name and the password that it may hold."""
    return re.sub(r"//[^/@]*@", "//", url)


def _of_folder(application: Resource, route: Route, folder: str, world: World) -> Rendering:
    """Return what a folder yields with the tool that Argo CD takes for it."""
    source = mapping(application.get(*route))
    tools = ("kustomize", "helm", "directory")
    named = [tool for tool in tools if any(mapping(source.get(tool)).values())]
    if isinstance(source.get("plugin"), dict):
        return _nothing("a plugin renders it")
    if len(named) > 1:
        return _nothing("Argo CD refuses a source that names several tools")
    if any(application.unknown((*route, tool)) for tool in tools):
        return _nothing("its tool is only known after rendering")
    names = world.files.listing(folder)
    is_kustomization = any(name in FILE_NAMES for name in names)
    if named == ["kustomize"] and not is_kustomization:
        return _nothing(f"{folder} holds no kustomization")
    if named == ["kustomize"] or (not named and is_kustomization):
        overlay = _overlay(application, (*route, "kustomize"))
        # Without one it is worked out once for all who name the folder.
        return world.renderer.render(folder, overlay) if overlay else world.renderer.render(folder)
    if named == ["helm"] or (not named and "Chart.yaml" in names):
        from esolint.context import helm

        to = (*route, "helm", "namespace")
        to = to if text(application.get(*to)) else _TO
        namespace = None if application.unknown(to) else text(application.get(*to))
        return helm.chart(folder, world.files, namespace)
    options = (*route, "directory")
    if any(application.unknown((*options, key)) for key in ("recurse", "include", "exclude")):
        return _nothing("its files are only known after rendering")
    return manifests(world.files, folder, mapping(application.get(*options)))


def _overlay(application: Resource, base: Route) -> Overlay | None:
    """Return what a source adds to the kustomization of its folder, None for nothing."""
    options = mapping(application.get(*base))
    fields: dict[str, Value] = {key: options[key] for key in _OVERLAID if options.get(key)}
    routes: dict[str, Route] = {key: (*base, key) for key in fields}
    labels = mapping(options.get("commonLabels"))
    if labels and options.get("labelWithoutSelector") is True:
        templates = options.get("labelIncludeTemplates") is True
        fields["labels"] = [{"pairs": labels, "includeTemplates": templates}]
        routes["labels"] = (*base, "commonLabels")
    elif labels:
        fields["commonLabels"] = labels
        routes["commonLabels"] = (*base, "commonLabels")
    lenient = options.get("ignoreMissingComponents") is True
    return Overlay(application, fields, routes, lenient=lenient) if fields else None


def _changed_beside(
    application: Resource, folder: str, files: Files, rendering: Rendering
) -> Rendering:
    """Give up what a file in the folder changes that Argo CD merges into the source.

    Argo CD Image Updater writes such files, with images and parameters alone.
    """
    for name in (".argocd-source.yaml", f".argocd-source-{application.name}.yaml"):
        path = files.real_in(folder, name) if name in files.listing(folder) else None
        if path is None:
            continue
        for document in files.documents(path, everything=True).documents:
            source = mapping(document.value)
            harmless = set(mapping(source.get("kustomize"))) <= {"images"}
            if set(source) - {"helm", "kustomize"} or not harmless:
                return _nothing(f"{path} changes the source")
    return rendering


# What a destination does to objects


class _Destination(NamedTuple):
    """Where an Application's objects go: `namespace` is "" where it names none."""

    namespace: str
    unknown: bool
    origin: tuple[Document, Route]


def _destination(application: Resource) -> _Destination:
    namespace = text(application.get(*_TO)) or ""
    return _Destination(namespace, application.unknown(_TO), application.origin(_TO))


def _brought(
    rendering: Rendering, application: Resource, destination: _Destination, name: str
) -> Rendering:
    """Return a rendering as an Application brings it to its destination."""
    return rendering._replace(
        resources=tuple(_placed(each, destination, name) for each in rendering.resources),
        name=name,
        by=application,
        cluster=cluster(application, ("spec", "destination")),
    )


def _placed(resource: Resource, destination: _Destination, name: str) -> Resource:
    """Return an object in the namespace of the destination, unless it has one of its own."""
    value, overrides = resource.value, dict(resource.overrides)
    holes, known = resource.holes, resource.known
    metadata = value.get("metadata")
    if isinstance(metadata, dict) and not metadata.get("namespace") and _goes_along(resource):
        if destination.unknown:
            holes |= {NAMESPACE}
        elif destination.namespace:
            value = {**value, "metadata": {**metadata, "namespace": destination.namespace}}
            overrides[NAMESPACE] = destination.origin
            known |= {NAMESPACE}
    return Resource(value, resource.document, resource.base, overrides, holes, known, name)


def _goes_along(resource: Resource) -> bool:
    """Say whether an object is of a namespace, and none is decided for it elsewhere."""
    if resource.unknown(NAMESPACE) or resource.unknown(("kind",)):
        return False
    # Of the kinds that others define, those that begin so are cluster-scoped by custom.
    custom = "." in resource.group and resource.kind.startswith("Cluster")
    return not custom and not Item(resource.value, resource.document).cluster_scoped


def _namespace(
    application: Resource, destination: _Destination, world: World, found: list[Rendering]
) -> Resource | None:
    """Return the Namespace that Argo CD makes at the destination, if nothing else does."""
    name = destination.namespace
    options = sequence(application.get(*_SYNC_OPTIONS))
    asked = any(option == "CreateNamespace=true" for option in options)
    if not name or destination.unknown or not asked or application.unknown(_SYNC_OPTIONS):
        return None
    own = (resource for rendering in found for resource in rendering.resources)
    if any(r.kind == "Namespace" and r.name == name for r in own):
        return None
    if world.find("Namespace", name, None):
        return None
    metadata: dict[str, Value] = {"name": name}
    overrides: dict[Route, tuple[Document, Route]] = {NAME: destination.origin}
    holes: set[Route] = set()
    for field in ("labels", "annotations"):
        written = mapping(application.get(*_MANAGED, field))
        if written and not application.unknown((*_MANAGED, field)):
            metadata[field] = written
            overrides["metadata", field] = application.origin((*_MANAGED, field))
        else:
            holes.add(("metadata", field))
    value: dict[str, Value] = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    document, base = application.origin(_TO[:-1])
    return Resource(value, document, base, overrides, frozenset(holes), frozenset({NAME}))
