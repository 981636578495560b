"""A repository → its environments: the clusters that it shows, each with its ESO version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from esolint.context import kustomize
from esolint.context.rendering import REST, Cluster, Deployed, plain
from esolint.context.version import Installed, installed, pins
from esolint.graph import Environment
from esolint.repository import Repository
from esolint.resource import Resource
from esolint.schema import Catalog, Version
from esolint.source import Unread


class Settings(NamedTuple):
    """What a run knows beside the repository.

    `root` is the folder that the paths of Flux and Argo CD are relative to. `named` are the
    environments of the configuration: a name, and a test of paths. `rendered` are folders
    with what the user's own tools made of them: the paths of it. `external` as for
    `Environment`; `eso_versions` are those that the command line names.
    """

    root: str = "."
    named: Mapping[str, Callable[[str], bool]] = {}
    rendered: Mapping[str, frozenset[str]] = {}
    external: Sequence[str] = ()
    eso_versions: Sequence[Version] = ()
    catalog: Catalog | None = None


class Surroundings(NamedTuple):
    """The environments of a repository, for each why it has its ESO version, and what deploys."""

    environments: tuple[Environment, ...]
    because: tuple[str, ...]
    deployed: Deployed
    problems: tuple[Unread, ...]


def surroundings(repository: Repository, settings: Settings | None = None) -> Surroundings:
    """Return the environments of a repository: each cluster, or one careful one of all.

    Where the command line asks for an upgrade, each of them for every version.
    """
    settings = settings or Settings()
    deployed = _deployed(repository, settings)
    clusters = deployed.clusters
    read = deployed.files
    patches = tuple(p for p in repository.patches if p.document.path not in read)
    objects = {
        id(c): tuple(resource for r in c.renderings for resource in r.resources) for c in clusters
    }
    rest = [r for c in clusters if c.is_rest for r in objects[id(c)]]
    found: list[tuple[Cluster, Installed]] = []
    for cluster in clusters:
        is_rest = cluster.is_rest
        left = (*objects[id(cluster)], *patches, *deployed.undeployed) if is_rest else ()
        if is_rest and len(clusters) > 1 and not any(r.is_eso for r in left):
            continue
        found.extend((cluster, one) for one in _versions(cluster, clusters, repository, settings))
    unversioned = [r for c, one in found if one.version is None for r in objects[id(c)]]
    environments: list[Environment] = []
    for cluster, (version, _) in found:
        is_rest = cluster.is_rest
        abroad = [r for c in clusters if c is not cluster for r in objects[id(c)]]
        environments.append(
            Environment(
                objects[id(cluster)],
                patches if is_rest else (),
                repository.unread,
                settings.external,
                name=_name(cluster, version, settings),
                eso_version=version,
                catalog=settings.catalog,
                renderings=cluster.renderings,
                beside=_beside(cluster, repository),
                elsewhere=abroad if is_rest else rest,
                others=() if is_rest else abroad,
                repository=repository.resources,
                undeployed=deployed.undeployed if is_rest else (),
                unversioned=unversioned if version is None else (),
                certain=cluster.certain,
                root=settings.root,
            )
        )
        if version is None:
            unversioned = []
    because = tuple(one.because for _, one in found)
    problems = tuple(dict.fromkeys(_problems(deployed, repository)))
    return Surroundings(tuple(environments), because, deployed, problems)


def _deployed(repository: Repository, settings: Settings) -> Deployed:
    hints = (repository.charts, settings.rendered, settings.named)
    deploys = any(hints) or any(map(_deploys, repository.resources))
    if repository.has_eso and deploys:
        # What renders takes time to load.
        from esolint.context.clusters import deployed

        return deployed(repository, settings.root, settings.named, settings.rendered)
    why = "nothing says where its objects go"
    whole = Cluster(REST, why, False, plain(repository.resources), is_rest=True)
    return Deployed((whole,), ())


def _deploys(resource: Resource) -> bool:
    """Say whether an object, or the values of a chart, can say where others go."""
    return (
        not resource.kind
        or "fluxcd." in resource.group
        or resource.group == "argoproj.io"
        or kustomize.is_kustomization(resource.document)
    )


def _name(cluster: Cluster, version: Version | None, settings: Settings) -> str:
    if len(settings.eso_versions) < 2:
        return cluster.name
    return f"ESO {version}" if cluster.is_rest else f"{cluster.name} with ESO {version}"


def _beside(cluster: Cluster, repository: Repository) -> tuple[Resource, ...]:
    """Return what was read for the renderings of a cluster and is none of their objects."""
    known = {id(resource.document) for r in cluster.renderings for resource in r.resources}
    files = frozenset().union(*(r.files for r in cluster.renderings))
    return tuple(
        resource
        for resource in repository.resources
        if resource.document.path in files and id(resource.document) not in known
    )


def _versions(
    cluster: Cluster,
    clusters: Sequence[Cluster],
    repository: Repository,
    settings: Settings,
) -> Sequence[Installed]:
    if settings.eso_versions:
        return [Installed(v, "the command line names it") for v in settings.eso_versions]
    files = frozenset().union(*(r.files for r in cluster.renderings))
    patches = [p for p in repository.patches if p.document.path not in files]
    documents = repository.documents
    own = [*_installing(cluster), *_beside(cluster, repository)]
    if not pins(own):
        # Nobody says where the rest goes: it may be here, and what is here may be there.
        is_rest = cluster.is_rest
        own += [r for c in clusters if is_rest or c.is_rest for r in _installing(c)]
    return [installed(own, patches, documents)]


def _installing(cluster: Cluster) -> list[Resource]:
    """Return what may install ESO on a cluster: an Application where its destination is."""
    return [
        resource
        for r in cluster.renderings
        for resource in (r.resources if r.by is None else (*r.resources, r.by))
        if cluster.is_rest or resource.group != "argoproj.io" or resource is r.by
    ]


def _problems(deployed: Deployed, repository: Repository) -> Iterator[Unread]:
    """Yield what is refused, as far as it can concern ESO's objects."""
    paths = {resource.document.path for resource in repository.objects if resource.is_eso}
    for cluster in deployed.clusters:
        for rendering in cluster.renderings:
            concerned = not paths.isdisjoint(rendering.files)
            for problem in rendering.problems:
                if concerned or (problem.document and "external-secrets" in problem.document.text):
                    yield problem.unread()
