"""Which release of ESO a repository installs, as far as its files say so for certain.

A chart's version is that of the release since 0.3 (deploy/charts/external-secrets). A range
counts where it leaves one minor; a placeholder, a mirror that may hold another chart of that
name and whatever upgrades by itself are pins of an unknown version, and one such pin leaves
the version of the whole repository open.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from esolint.context.kustomize import is_kustomization
from esolint.resource import Resource
from esolint.schema import Version, packaged
from esolint.schema.versions import read_version
from esolint.source import Document
from esolint.value import Route, Value, at, mapping, sequence, text, walk
from esolint.words import listed


class Pin(NamedTuple):
    """A place that decides which ESO is installed; `version` is None where it does not tell.

    `says` continues a sentence about the resource: `installs chart 2.9.0`.
    """

    version: Version | None
    says: str
    resource: Resource
    route: Route


class Installed(NamedTuple):
    """The version whose schemas count, or None, and why."""

    version: Version | None
    because: str


_MAY_PIN = (
    r"charts\.external-secrets\.io|external-secrets/(?:charts|external-secrets)\b"
    r"|(?<![\w-])(?:chart|name)[\"']?\s*:\s*[\"']?(?:[\w-]+/)?external-secrets(?:-operator)?(?![\w-])"
    r"|/spec/(?:chart/spec/version|ref/(?:tag|semver)|sources?/(?:\d{1,4}/)?targetRevision)"
    r"|unsafeServeV1Beta1"
)


def may_pin(written: str) -> bool:
    """Say whether a text can hold something that decides the version of ESO."""
    # Most texts have none of these words, which is found out much faster.
    hinted = any(hint in written for hint in ("external-secrets", "/spec/", "unsafeServe"))
    return hinted and bool(re.search(_MAY_PIN, written))


# Each cluster asks anew what the objects are that may be on it.
_may_pin = cache(may_pin)


def installed(
    resources: Iterable[Resource],
    patches: Iterable[Resource] = (),
    documents: Iterable[Document] = (),
) -> Installed:
    """Say which version of ESO one environment has.

    A version without schemas of its own is replaced by the one whose schemas stand for it.
    """
    found = pins(resources, patches, documents)
    first: dict[Version, Pin] = {}
    unknown = [pin for pin in found if pin.version is None]
    for pin in found:
        if pin.version is not None:
            first.setdefault(pin.version, pin)
    if len(first) == 1 and not unknown:
        (version, pin), *_ = first.items()
        more = len(found) - 1
        others = f", and {more} more {'places agree' if more > 1 else 'place agrees'}"
        covering, note = _covered(version)
        return Installed(covering, _sentence(pin) + (others if more else "") + note)
    if not found:
        return Installed(None, "no version is named")
    named = [f"{version} in {_place(pin)}" for version, pin in sorted(first.items())]
    there = listed(named, 4)
    if len(first) > 1:
        return Installed(None, f"the versions differ: {there}")
    because = _sentence(unknown[0])
    return Installed(None, f"{there}, but {because}" if there else because)


def pins(
    resources: Iterable[Resource],
    patches: Iterable[Resource] = (),
    documents: Iterable[Document] = (),
) -> tuple[Pin, ...]:
    """Return what decides the version of ESO, in the order of the repository."""
    looked = [r for r in resources if not r.is_eso and _may_pin(r.document.text)]
    repositories = helm_repositories(looked)
    certain: list[Pin] = []
    images: list[Pin] = []
    for resource in looked:
        certain.extend(_object_pins(resource))
        for route, here in walk(resource.value):
            if not isinstance(here, dict):
                continue
            certain.extend(_chart_pins(resource, route, here, repositories))
            (certain if _runs_images(resource) else images).extend(
                _image_pins(resource, route, here)
            )
    certain = _without_locked(certain)
    certain += _patched(certain, looked, patches, documents)
    # The image that a chart's values name may be older than the chart, whose CRDs count.
    return tuple(dict.fromkeys(certain or images))


_SERVES_V1BETA1 = (
    r"unsafeServeV1Beta1[\"']?[ \t\r]*(?:[:=]\s*|[\n,]\s*[\"']?value[\"']?\s*:\s*)"
    r"[\"']?(?:true|yes|on\b|[$<]|\{\{)"
)


def may_serve_v1beta1(resources: Iterable[Resource]) -> bool:
    """Say whether chart values make ESO go on serving v1beta1 (`crds.unsafeServeV1Beta1`)."""
    return any(re.search(_SERVES_V1BETA1, resource.document.text) for resource in resources)


# Words


def _sentence(pin: Pin) -> str:
    resource = pin.resource
    if not resource.kind or is_kustomization(resource.document):
        return f"{_place(pin)} {pin.says}"
    name = f"{resource.namespace}/{resource.name}" if resource.namespace else resource.name
    return f"{resource.kind} {name} ({_place(pin)}) {pin.says}"


def _place(pin: Pin) -> str:
    document, route = pin.resource.origin(pin.route)
    return f"{document.path}:{document.span(route).line}"


def _shown(written: Value) -> str:
    """Write a version or an address on one line, cut where it gets long."""
    shown = " ".join(str(written).split())
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _covered(version: Version) -> tuple[Version, str]:
    minors = packaged().minors
    covering = minors.covering(version)
    if version < minors.oldest:
        return covering, f"; the oldest schemas stand for it, those of {covering}"
    if version > minors.newest:
        return covering, f"; the newest schemas stand for it, those of {covering}"
    return covering, ""


def _pin(resource: Resource, route: Route, verb: str, written: Value) -> Pin:
    """Make a pin of a version or range that stands at `route`."""
    if written in (None, ""):
        return Pin(None, f"{verb}, without a version", resource, route)
    version = None
    if isinstance(written, str) and not resource.unknown(route):
        version = only_minor(written)
    minors = packaged().minors
    says = f"{verb} {_shown(written)}"
    if version is None:
        says += ", which does not tell the minor"
    elif minors.oldest < version < minors.newest and version not in minors.known:
        version, says = None, f"{says}, which is no release"
    return Pin(version, says, resource, route)


# Version ranges

_ANY = 1 << 30
_PART = r"(\d{1,6}|[xX*])"
_COMPARATOR = (
    rf"(>=|<=|=>|=<|~>|==|[=~^<>]?)\s*v?{_PART}(?:\.{_PART})?(?:\.{_PART})?(?:[-+][0-9A-Za-z.+-]*)?"
)


def only_minor(written: str) -> Version | None:
    """Return the one minor that a version or range of versions leaves, or None.

    Ranges as in github.com/Masterminds/semver v3, which Helm, Flux and Argo CD use:
    `0.9.x`, `~0.9.2`, `^0.9.0`, `>=0.9.0 <0.10.0`, `0.9.0 - 0.9.20`, and `||` between them.
    """
    written = re.sub(r"^(?:helm-chart|external-secrets)-(?=v?\d)", "", written.strip())
    exact = read_version(written)
    if exact is not None:
        return exact
    found = {_bounds(part) for part in written.split("||")} if len(written) < 200 else set()
    if len(found) != 1:
        return None
    bounds = found.pop()
    return bounds[0] if bounds is not None and bounds[0] == bounds[1] else None


def _bounds(written: str) -> tuple[Version, Version] | None:
    """Return the lowest and the highest minor of a range; None for what is no range."""
    hyphened = re.fullmatch(r"\s*(\S+)\s+-\s+(\S+)\s*", written)
    if hyphened:
        written = f">={hyphened[1]} <={hyphened[2]}"
    low, high = Version(0, 0), Version(_ANY, _ANY)
    end = 0
    for match in re.finditer(_COMPARATOR, written):
        if written[end : match.start()].strip(" \t,"):
            return None
        end = match.end()
        here = _comparator(*match.groups())
        low, high = max(low, here[0]), min(high, here[1])
    return (low, high) if end and not written[end:].strip() else None


def _comparator(
    sign: str, first: str, second: str | None, third: str | None
) -> tuple[Version, Version]:
    major, minor, patch = (_number(part) for part in (first, second, third))
    if major is None:
        return Version(0, 0), Version(_ANY, _ANY)
    low = Version(major, minor or 0)
    if sign in (">=", "=>"):
        return low, Version(_ANY, _ANY)
    if sign == ">":
        after = Version(major + 1, 0) if minor is None else Version(major, minor + (patch is None))
        return after, Version(_ANY, _ANY)
    if sign == "<":
        if patch:
            return Version(0, 0), low
        return Version(0, 0), Version(major, minor - 1) if minor else Version(major - 1, _ANY)
    # `^1.2` goes up to 2.0; below 1.0 each minor is a step of its own.
    one_minor = minor is not None and (sign != "^" or major == 0)
    high = low if one_minor else Version(major, _ANY)
    return (Version(0, 0) if sign in ("<=", "=<") else low), high


def _number(part: str | None) -> int | None:
    return int(part) if part is not None and part.isdigit() else None


# Charts

_NAME = "external-secrets"
_CHART_URL = r"(?:^|/)external-secrets/charts/external-secrets/?$"
_REPOSITORY_URL = (
    r"^(?:https?://)?charts\.external-secrets\.io(?:/|$)|(?:^|/)external-secrets/charts/?$"
)
_REPOSITORY_KEYS = ("repoURL", "repository", "repo")
_ALIASED = r"([\w-]+)/external-secrets"


def helm_repositories(resources: Iterable[Resource]) -> dict[str, bool]:
    """Return Flux's HelmRepositories and helmfile's repositories: name → is ESO's own."""
    known: dict[str, bool] = {}
    for resource in resources:
        if resource.kind == "HelmRepository":
            entries = [(resource.name, resource.get("spec", "url"))]
        else:
            entries = [
                (str(entry.get("name")), entry.get("url"))
                for entry in map(mapping, sequence(resource.get("repositories")))
            ]
        for name, url in entries:
            if isinstance(url, str):
                # Of two that share a name, one may be a mirror.
                known[name] = known.get(name, True) and bool(re.search(_REPOSITORY_URL, url))
    return known


def _has_eso(name: str, repositories: Mapping[str, bool]) -> bool:
    """Say whether a repository is ESO's; one that is not in the files is known by its name."""
    return repositories.get(name, name in (_NAME, "external-secrets-operator"))


class Chart(NamedTuple):
    """A mapping that names ESO's chart. `own`: it comes from ESO's repository, not a mirror.

    `is_used` is False where something of one's own may make a release of it, or may not.
    """

    repository: str
    own: bool
    is_used: bool


def chart_at(
    resource: Resource, route: Route, here: dict[str, Value], repositories: Mapping[str, bool]
) -> Chart | None:
    """Return ESO's chart where a mapping names it together with its repository.

    So do an Argo CD source, kustomize's helmCharts, a chart's dependencies and their lock,
    the chart of a Flux HelmRelease, a release of helmfile, and what a tool of one's own
    makes Applications of. `repositories` is what `helm_repositories` returns.
    """
    chart = text(here.get("chart")) or text(here.get("name")) or ""
    repository = _repository(here)
    is_used = "chart" in here or route[:1] in (("dependencies",), ("helmCharts",))
    alias = re.fullmatch(_ALIASED, chart)
    if re.search(_CHART_URL, chart) or re.search(_CHART_URL, repository):
        own = True
    elif isinstance(source := here.get("sourceRef"), dict) and chart == _NAME:
        own = _has_eso(text(source.get("name")) or "", repositories)
        repository = f"the {source.get('kind')} {source.get('name')}"
    elif alias and route[:1] == ("releases",):
        own, repository = _has_eso(alias[1], repositories), f"the repository {alias[1]}"
    elif chart == _NAME and repository:
        own = bool(re.search(_REPOSITORY_URL, repository))
        if not own and (not is_used or repository.startswith(("file:", ".", "/"))):
            return None
        if repository.startswith(("@", "alias:")):
            own = _has_eso(repository.removeprefix("alias:").removeprefix("@"), repositories)
    else:
        return None
    return Chart(repository, own, is_used)


def _repository(here: dict[str, Value]) -> str:
    return next((url for key in _REPOSITORY_KEYS if (url := text(here.get(key)))), "")


def is_chart_url(url: Value) -> bool:
    """Say whether an address is that of ESO's chart in an OCI registry, or of a copy of it."""
    return isinstance(url, str) and bool(re.search(_CHART_URL, url))


def _chart_pins(
    resource: Resource, route: Route, here: dict[str, Value], repositories: Mapping[str, bool]
) -> Iterator[Pin]:
    """Yield the pin that a mapping is which names a chart, its repository and a version."""
    key = "targetRevision" if "targetRevision" in here else "version"
    version_route = (*route, key) if key in here else route
    chart = chart_at(resource, route, here, repositories)
    if chart is None:
        path = text(here.get("path")) or ""
        if re.search(_SOURCE_URL, _repository(here)) and re.search(_CRD_PATH, path):
            yield _pin(resource, version_route, "takes the release", here.get(key))
    elif chart.own:
        if key in here or chart.is_used:
            yield _pin(resource, version_route, "installs chart", here.get(key))
    else:
        says = f"installs a chart from {_shown(chart.repository)}, which may not be ESO's own"
        yield Pin(None, says, resource, version_route)


def _without_locked(found: list[Pin]) -> list[Pin]:
    """Leave out the dependencies of charts beside whose file a lock says which one it is."""
    files = ("Chart.lock", "requirements.lock")
    locked = {
        posixpath.dirname(path)
        for path in (pin.resource.document.path for pin in found)
        if posixpath.basename(path) in files
    }
    return [
        pin
        for pin in found
        if pin.route[:1] != ("dependencies",)
        or posixpath.dirname(pin.resource.document.path) not in locked
        or posixpath.basename(pin.resource.document.path) in files
    ]


# Single objects

_SOURCE_URL = r"github\.com[/:]external-secrets/external-secrets(?:\.git)?/?$"
_CRD_PATH = r"crds|charts/external-secrets"
_REMOTE = (
    r"github\.com/external-secrets/external-secrets(?:\.git)?/(?:[^?]*crds[^?]*\?(?:.*&)?ref=([^&]+)"
    r"|releases/download/([^/]+)/)"
    r"|raw\.githubusercontent\.com/external-secrets/external-secrets/(?:refs/tags/)?([^/]+)/.*crds"
)
_CSV = r"external-secrets-operator\.(v\d.*)"


def _object_pins(resource: Resource) -> Iterator[Pin]:
    """Yield what an object of a certain kind or a file of a certain name pins."""
    if resource.kind == "OCIRepository":
        yield from _oci_repository(resource)
    elif resource.kind == "GitRepository":
        yield from _git_repository(resource)
    elif resource.kind == "Subscription" and resource.group == "operators.coreos.com":
        yield from _subscription(resource)
    elif posixpath.basename(resource.document.path) == "Chart.yaml":
        yield from _chart(resource)
    elif is_kustomization(resource.document):
        for field in ("resources", "bases"):
            for i, entry in enumerate(sequence(resource.get(field))):
                remote = re.search(_REMOTE, entry[:500]) if isinstance(entry, str) else None
                if remote:
                    ref = next(filter(None, remote.groups()))
                    yield _written_elsewhere(resource, (field, i), "takes the CRDs of", ref)


def _written_elsewhere(resource: Resource, route: Route, verb: str, written: str) -> Pin:
    """Make a pin of a version that is a part of the text at `route`."""
    pin = _pin(resource, route, verb, written)
    return pin if only_minor(written) is None else pin._replace(says=f"{verb} {_shown(written)}")


def _oci_repository(resource: Resource) -> Iterator[Pin]:
    if not is_chart_url(resource.get("spec", "url")):
        return
    key = "semver" if resource.get("spec", "ref", "semver") else "tag"
    route: Route = ("spec", "ref", key)
    yield _pin(resource, route, "fetches chart", at(resource.value, route))


def _git_repository(resource: Resource) -> Iterator[Pin]:
    """Yield the release whose sources are fetched; what follows a branch may be of other use."""
    route: Route = ("spec", "ref", "tag")
    written = text(at(resource.value, route))
    if written and re.search(_SOURCE_URL, text(resource.get("spec", "url")) or ""):
        pin = _pin(resource, route, "fetches release", written)
        if pin.version is not None:
            yield pin


def _subscription(resource: Resource) -> Iterator[Pin]:
    if resource.get("spec", "name") != "external-secrets-operator":
        return
    route: Route = ("spec", "startingCSV")
    first = re.fullmatch(_CSV, text(at(resource.value, route)) or "")
    if first is None or resource.get("spec", "installPlanApproval") != "Manual":
        approval: Route = ("spec", "installPlanApproval")
        yield Pin(None, "lets the Operator Lifecycle Manager upgrade ESO", resource, approval)
    else:
        yield _written_elsewhere(resource, route, "installs", first[1])


def _chart(resource: Resource) -> Iterator[Pin]:
    """Yield ESO's own chart, as it is committed where charts are vendored."""
    version = text(resource.get("version"))
    own = "github.com/external-secrets/external-secrets"
    homes = [resource.get("home"), *sequence(resource.get("sources"))]
    if (
        resource.get("name") == _NAME
        and version
        and text(resource.get("appVersion")) in (version, f"v{version}")
        and any(isinstance(home, str) and own in home for home in homes)
    ):
        yield _pin(resource, ("version",), "is chart", version)


# Images

_IMAGE = r"(?:^|/)external-secrets/external-secrets(?::([^@:/]+))?(?:@.*)?$"
_WORKLOADS = frozenset(
    {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Pod", "OperatorConfig"}
)


def is_image(written: Value) -> bool:
    """Say whether an image, with or without a tag, is that of ESO."""
    return isinstance(written, str) and bool(re.search(_IMAGE, written))


def _runs_images(resource: Resource) -> bool:
    return resource.kind in _WORKLOADS or is_kustomization(resource.document)


def _image_pins(resource: Resource, route: Route, here: dict[str, Value]) -> Iterator[Pin]:
    """Yield the tag of ESO's image: `image: …:tag`, repository and tag, name and newTag."""
    image = here.get("image")
    match = re.search(_IMAGE, image) if isinstance(image, str) else None
    if match and match[1]:
        yield _written_elsewhere(resource, (*route, "image"), "runs image", match[1])
    for name, tag in (("repository", "tag"), ("name", "newTag")):
        repository = here.get(name)
        written = here.get(tag)
        if written and is_image(repository):
            yield _pin(resource, (*route, tag), "runs image", written)


# Patches


def _patched(
    found: list[Pin],
    resources: Iterable[Resource],
    patches: Iterable[Resource],
    documents: Iterable[Document],
) -> Iterator[Pin]:
    """Yield what kustomize patches make of pins: each may be another cluster's version."""
    wanted = {(pin.resource.kind, pin.resource.name): pin for pin in found if pin.resource.kind}
    if not wanted:
        return
    files = {posixpath.normpath(document.path): document for document in documents}
    for patch in patches:
        pin = wanted.get((patch.kind, patch.name))
        written = at(patch.value, pin.route) if pin else None
        if pin and isinstance(written, str):
            yield _pin(patch, pin.route, "sets version", written)
    for resource in resources:
        for route, target in _inline_patches(resource):
            yield from _inline_pins(resource, route, target, wanted, files)


def _inline_patches(resource: Resource) -> Iterator[tuple[Route, dict[str, Value]]]:
    """Yield the patches of a kustomization, kustomize's or Flux's, and what they are aimed at."""
    for field in (("patches",), ("patchesJson6902",), ("spec", "patches")):
        for i, entry in enumerate(sequence(at(resource.value, field))):
            yield (*field, i), mapping(mapping(entry).get("target"))
    for i, entry in enumerate(sequence(resource.get("patchesStrategicMerge"))):
        if isinstance(entry, str) and "\n" in entry:
            yield ("patchesStrategicMerge", i), {}


def _inline_pins(
    resource: Resource,
    route: Route,
    target: dict[str, Value],
    wanted: Mapping[tuple[str, str], Pin],
    files: Mapping[str, Document],
) -> Iterator[Pin]:
    entry = at(resource.value, route)
    where = route if isinstance(entry, str) else (*route, "patch")
    inner = resource.embed(where)
    path = text(mapping(entry).get("path"))
    if inner is not None:
        value = inner.get(*where)
    elif path is not None:
        folder = posixpath.dirname(resource.document.path)
        document = files.get(posixpath.normpath(posixpath.join(folder, path)))
        value = document.value if document is not None else None
    else:
        return
    for (kind, name), pin in wanted.items():
        if isinstance(value, list):
            aimed = _selects(target.get("kind"), kind) and _selects(target.get("name"), name)
            pointer = "/" + "/".join(map(str, pin.route))
            written = [mapping(op).get("value") for op in value if aimed and _path(op) == pointer]
        else:
            named = (text(at(value, ("kind",))), text(at(value, ("metadata", "name"))))
            # A file that holds a whole object is among the patches already.
            aimed = inner is not None and (kind, name) in (
                named,
                (target.get("kind"), target.get("name")),
            )
            written = [at(value, pin.route)] if aimed else []
        for version in written:
            if isinstance(version, str):
                yield _written_elsewhere(resource, route, "sets version", version)


def _selects(pattern: Value, name: str) -> bool:
    """Say whether a part of a patch's target, an anchored pattern, can mean a name."""
    try:
        return not isinstance(pattern, str) or bool(re.fullmatch(pattern, name))
    except re.error:
        return True


def _path(operation: Value) -> Value:
    return mapping(operation).get("path")
