"""Helm charts, read statically: what their templates may yield.

Whether an object of a template is there, values decide, so each is only possible: `()` is
among its holes, and `known` names the few routes that no values change. Nothing is run and
nothing is fetched. Source of behaviour: Helm 3 and 4, pkg/engine, pkg/chart/loader.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from esolint.context.files import CHART, Files, join
from esolint.context.kustomize.item import Item
from esolint.context.rendering import Rendering
from esolint.resource import Resource, resources
from esolint.source import Document, Limits, Piece, Unread, split
from esolint.value import Route, Value, at, exists, mapping, sequence, text, walk

_BESIDE = (CHART, "Chart.lock", "requirements.yaml", "requirements.lock", "values.yaml")
_DEPTH = 20

_NAMESPACE: Route = ("metadata", "namespace")
_KNOWN: tuple[Route, ...] = (
    ("apiVersion",),
    ("kind",),
    ("metadata", "name"),
    ("spec", "target", "name"),
    ("spec", "conditions"),
    ("spec", "externalSecretName"),
    ("spec", "externalSecretSpec", "target", "name"),
)
_REFERENCES = ("secretStoreRef", "storeRef")
_RELEASE_NAMESPACE = re.compile(r"\{\{-?\s*\$?\.Release\.Namespace\s*(?:\|\s*s?quote\s*)?-?\}\}")
_TEMPLATED_KIND = r"(?m)^[\"']?kind[\"']?[ \t]*:[^\n#]*\{\{"
_SOURCE = re.compile(r"(?:---[ \t]*\r?\n)?(?:[ \t]*\r?\n)*+# Source: ([^\s\n]+)[ \t]*\r?\n")


def roots(paths: Iterable[str], files: Files) -> list[str]:
    """Return the folders of charts among files that no other chart here brings along.

    `paths` are the paths of files; a library is no root, since it yields nothing by itself.
    """
    folders = [
        posixpath.dirname(path) or "." for path in paths if posixpath.basename(path) == CHART
    ]
    brought = {child for folder in folders for child in _dependencies(folder, files)[0]}
    return [
        folder
        for folder in dict.fromkeys(folders)
        if folder not in brought and _fields(folder, files).get("type") != "library"
    ]


def chart(folder: str, files: Files, namespace: str | None) -> Rendering:
    """Return what the chart in a real folder may yield, with the charts that it brings along.

    `namespace` is that of the release, None where it is not known. What a template leaves
    out goes there, as far as it is certain that it leaves it out.
    """
    found: dict[str, None] = {}
    unknown: dict[str, None] = {}
    read: set[str] = set()
    stack = [(folder, 0)]
    seen: set[str] = set()
    while stack:
        here, depth = stack.pop()
        if here in seen:
            continue
        seen.add(here)
        if depth > _DEPTH:
            unknown[f"{here}: charts bring each other along deeper than {_DEPTH} levels"] = None
            continue
        own = (files.real_in(here, name) for name in _BESIDE)
        read.update(path for path in own if path is not None)
        if _fields(here, files).get("type") != "library":
            found.update(dict.fromkeys(_manifests(join(here, "templates"), files)))
        children, missing = _dependencies(here, files)
        stack.extend((child, depth + 1) for child in reversed(children))
        unknown.update(dict.fromkeys(missing))
    objects_found: list[Resource] = []
    for path in found:
        read.add(path)
        content = files.documents(path)
        for document in content.documents:
            objects_found.extend(objects(document, namespace))
        if content.unread or _may_add_objects(files.template(path), files):
            unknown[f"{path}: values or helpers decide which objects it yields"] = None
    return Rendering(folder, tuple(objects_found), tuple(unknown), (), frozenset(read))


def _fields(folder: str, files: Files) -> dict[str, Value]:
    return _values(folder, CHART, files)


def _values(folder: str, name: str, files: Files) -> dict[str, Value]:
    path = files.real_in(folder, name)
    if path is None or files.is_folder(path):
        return {}
    documents = files.documents(path, everything=True).documents
    return mapping(documents[0].value) if documents else {}


def _dependencies(folder: str, files: Files) -> tuple[list[str], list[str]]:
    """Return the folders of the charts that a chart brings along, and what is not here."""
    names: dict[str, None] = {}
    missing: list[str] = []
    below = files.real_in(folder, "charts")
    children: list[str] = []
    if below is not None and files.is_folder(below):
        for entry in files.listing(below):
            path = files.real_in(below, entry)
            if path is not None and files.is_chart(path):
                children.append(path)
                names.update(dict.fromkeys((entry, str(_fields(path, files).get("name")))))
            elif entry.endswith(".tgz"):
                missing.append(f"{join(below, entry)}: a packed chart is not read")
                names[re.sub(r"-v?\d.*", "", entry)] = None
    for source in (CHART, "requirements.yaml"):
        listed = sequence(_values(folder, source, files).get("dependencies"))
        for fields in map(mapping, listed):
            name, repository = text(fields.get("name")), text(fields.get("repository")) or ""
            local = repository.removeprefix("file://")
            there = files.real_in(folder, local) if local != repository else None
            if name in names:
                continue
            if there is not None and files.is_chart(there):
                children.append(there)
            else:
                missing.append(f"{join(folder, source)}: the chart {name} lies elsewhere")
    return children, missing


def _manifests(folder: str, files: Files) -> Iterator[str]:
    """Yield the files below a folder that Helm renders into manifests."""
    stack = [(folder, 0)]
    while stack:
        written, depth = stack.pop()
        here = files.real(written)
        if here is None or not files.is_folder(here) or depth > _DEPTH:
            continue
        for entry in files.listing(here):
            path = files.real_in(here, entry)
            if path is None:
                continue
            if files.is_folder(path):
                stack.append((path, depth + 1))
            elif not entry.startswith(("_", ".")) and entry != "NOTES.txt":
                yield path


def _may_add_objects(pieces: Sequence[Piece] | Unread, files: Files) -> bool:
    """Say whether rendering may add objects that do not stand in a file's documents."""
    if isinstance(pieces, Unread):
        return True
    return any(
        piece.template is not None
        and (
            piece.template.may_add_documents
            or (not files.is_of_interest(piece) and re.search(_TEMPLATED_KIND, piece.text))
        )
        for piece in pieces
    )


def objects(document: Document, namespace: str | None = None) -> Iterator[Resource]:
    """Yield the objects of a document of a chart, put into the release's namespace."""
    for resource in resources(document):
        yield _object(resource, namespace)


def _object(resource: Resource, namespace: str | None) -> Resource:
    document, base = resource.document, resource.base
    known: set[Route] = {()}
    written = at(resource.value, _NAMESPACE)
    own = isinstance(written, str) and bool(_RELEASE_NAMESPACE.fullmatch(written))
    absent = own or not exists(resource.value, _NAMESPACE)
    if document.template is not None and document.template.actions:
        # Only where a chart has templates that are none otherwise.
        from esolint.source.template import Settled

        settled = Settled(document, base)
        known = {route for route in _routes(resource) if settled(*route)}
        if own:
            absent = settled.is_unconditional(*_NAMESPACE)
        elif absent:
            absent = settled(*_NAMESPACE)
        elif settled(*_NAMESPACE):
            known.add(_NAMESPACE)
    value = resource.value
    holes = frozenset[Route]({()}) if document.template is not None else frozenset[Route]()
    known = known if holes else set()
    if absent and not _is_cluster_scoped(resource):
        if namespace is None:
            known = set(_but_the_namespace(known, value))
        else:
            metadata = {**mapping(value.get("metadata")), "namespace": namespace}
            value = {**value, "metadata": metadata}
            known.add(_NAMESPACE)
    return Resource(value, document, base, holes=holes, known=frozenset(known))


def _but_the_namespace(known: set[Route], value: dict[str, Value]) -> Iterator[Route]:
    """Yield what is known where the release's namespace is not."""
    if () not in known:
        yield from known
        return
    yield from ((key,) for key in value if key != "metadata")
    yield from (("metadata", key) for key in mapping(value.get("metadata")))


def _routes(resource: Resource) -> Iterator[Route]:
    """Yield the routes whose value is claimed of a template where it is written out."""
    yield from _KNOWN
    for route, value in walk(resource.value):
        one = route[-1:] and route[-1] in _REFERENCES
        if isinstance(value, dict) and (one or route[-2:-1] == ("secretStoreRefs",)):
            yield from ((*route, key) for key in ("name", "kind"))


def _is_cluster_scoped(resource: Resource) -> bool:
    if resource.is_eso:
        return resource.kind.startswith("Cluster")
    return Item(resource.value, resource.document).cluster_scoped


# What `helm template` prints


def sources(path: str, written: str, charts: Iterable[str], files: Files) -> dict[str, str]:
    """Sort the documents of a text that Helm rendered by the files that their comments name.

    `# Source: CHART/templates/x.yaml` means that file of the one chart among the folders
    `charts` which has that name. It gets the documents that name it, so that their lines are
    those of the rendered file; all others stay at `path`, on their own lines.
    """
    pieces = split(path, written, Limits())
    if isinstance(pieces, Unread) or "# Source: " not in written:
        return {path: written}
    folders: dict[str, list[str]] = {}
    for folder in charts:
        real = files.real(folder)
        if real is not None:
            names = {text(_fields(real, files).get("name")), posixpath.basename(real)}
            for name in filter(None, names):
                folders.setdefault(name, []).append(real)
    found: dict[str, str] = {}
    rest = ""
    for piece in pieces:
        match = _SOURCE.match(piece.text)
        there = _named(match[1], folders, files) if match else None
        if match is None or there is None:
            rest += piece.text
            continue
        above = found.get(there)
        own = piece.text[match.end() :]
        found[there] = own if above is None else f"{above}---\n{own}"
        rest += "\n" * piece.text.count("\n")
    return {**({path: rest} if rest.strip() or not found else {}), **found}


def _named(source: str, folders: dict[str, list[str]], files: Files) -> str | None:
    """Return the one file that Helm means by `CHART/templates/x.yaml`."""
    # A chart that another brings along has its own templates, wherever its folder is.
    name, _, rest = source.partition("/")
    inner, _, below = rest.rpartition("charts/")[2].partition("/")
    tries = [(name, rest)] + ([(inner, below)] if rest.startswith("charts/") else [])
    for chart_name, inside in tries:
        paths = {files.real_in(folder, inside) for folder in folders.get(chart_name, ())} - {None}
        if paths:
            return paths.pop() if len(paths) == 1 else None
    return None
