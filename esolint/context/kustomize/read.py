"""Kustomizations and objects as they stand in files, before anything is changed."""

from __future__ import annotations

import re

from esolint.context.kustomize.item import ANNOTATIONS, Item
from esolint.context.kustomize.scalars import annotations_as_written, differing
from esolint.context.rendering import Problem
from esolint.resource import resources
from esolint.source import Document, Unread
from esolint.value import Value

# Lower case: kustomize does not tell the cases apart.
_FIELDS = frozenset(
    """
    apiversion kind metadata openapi nameprefix namesuffix namespace commonlabels labels
    commonannotations patchesstrategicmerge patchesjson6902 patches images imagetags
    replacements replicas vars sortoptions resources components crds bases
    configmapgenerator secretgenerator helmglobals helmcharts helmchartinflationgenerator
    generatoroptions configurations generators transformers validators buildmetadata
    """.split()  # noqa: SIM905 - a list of strings would hide the words
)
_REMOTE = re.compile(
    r"^[a-z][a-z0-9+.-]*://|^git::|^[\w.-]+@[\w.-]+:|^(?:github|gitlab|bitbucket)\.\w+[:/]"
    r"|\.git(?:[/?]|$)|[?&](?:ref|version)=|^[\w-]+(?:\.[\w-]+)+(?::\d+)?/.+"
)
_API_VERSIONS = {
    "Kustomization": "kustomize.config.k8s.io/v1beta1",
    "Component": "kustomize.config.k8s.io/v1alpha1",
}


def is_remote(written: str) -> bool:
    """Say whether a resource that is not here is to be fetched from elsewhere."""
    return _REMOTE.search(written) is not None


def unknown_fields(fields: dict[str, Value]) -> list[str]:
    """Return the fields of a kustomization that kustomize refuses."""
    return [field for field in fields if field.lower() not in _FIELDS]


def _fault(document: Document) -> str | None:
    """Return why kustomize refuses a document as a kustomization, None where it does not."""
    if not isinstance(document.value, dict):
        return "not a mapping"
    fields = document.value
    kind = fields.get("kind") or "Kustomization"
    wanted = _API_VERSIONS.get(kind) if isinstance(kind, str) else None
    if wanted is None or (fields.get("apiVersion") or wanted) != wanted:
        return f"not a kustomization: {fields.get('apiVersion')} {kind}"
    if not any(fields[key] for key in fields if key not in ("apiVersion", "kind")):
        return "an empty kustomization"
    return None


def only(found: tuple[Document | Unread, ...]) -> Document | None:
    """Return the one document of a kustomization; None where it is none, or not alone."""
    if len(found) == 1 and isinstance(found[0], Document) and _fault(found[0]) is None:
        return found[0]
    return None


def faults(folder: str, found: tuple[Document | Unread, ...]) -> list[Problem]:
    """Return why what a folder holds as its kustomization, which is not `only` one, is none."""
    problems = [
        Problem(part.path, None, (), part.detail, part.span)
        for part in found
        if isinstance(part, Unread)
    ]
    documents = [part for part in found if isinstance(part, Document)]
    if not found:
        problems.append(Problem(folder, None, (), "no kustomization, or one that is empty"))
    elif documents and not problems:
        detail = _fault(documents[0]) if len(documents) == 1 else None
        last = documents[-1]
        problems.append(Problem(last.path, last, (), detail or "more than one kustomization"))
    return problems


def objects(document: Document, problems: list[Problem]) -> list[Item]:
    """Return the objects of a document, as kustomize reads them; note what it refuses."""
    different = differing(document)
    items = []
    for resource in resources(document):
        item = Item(resource.value, document, resource.base)
        if not item.kind or not item.name:
            what = "kind" if not item.kind else "name"
            detail = f"an object without a {what} among the resources"
            problems.append(Problem(document.path, document, resource.base, detail))
            continue
        depth = len(resource.base)
        for route, written in different.items():
            if route[:depth] == resource.base and len(route) > depth:
                inner = route[depth:]
                if inner[:2] == ANNOTATIONS and len(inner) == 3:
                    continue
                if written is None:
                    item.forget(inner)
                else:
                    item.put(inner, written, (document, route))
        annotations_as_written(item)
        items.append(item)
    return items
