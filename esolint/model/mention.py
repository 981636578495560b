"""Where the kinds that we know name a Secret, a ConfigMap or a ServiceAccount: the tables.

Source: the API references of Kubernetes, the Gateway API and Flux; fluxcd/pkg, git (the keys
of an SSH Secret); VolSync's movers (GetAndValidateSecret).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from esolint.value import Route, Value, at, expand, parse_route, text

SECRET = "Secret"
CONFIG_MAP = "ConfigMap"
SERVICE_ACCOUNT = "ServiceAccount"
TLS = ("tls.crt", "tls.key")  # the keys of a Secret of type kubernetes.io/tls


class Mention(NamedTuple):
    """A scalar that names an object. `keys` are scalars that name keys which must be in it.

    `always` are keys that must be there although nobody writes them. `namespace` is the
    scalar beside the name that says where the object is, None where there is none.
    """

    route: Route
    kind: str
    keys: tuple[Route, ...] = ()
    always: tuple[str, ...] = ()
    optional: bool = False
    namespace: Route | None = None


class Place(NamedTuple):
    """Where a kind refers to an object; `*` in `route` stands for each item of a list.

    `kind` "": the reference has a `kind` of its own, a Secret where it leaves it out. `name`
    is the field of the name, "" where the route leads to the name itself. `keys` lead from
    the reference to names of keys; where none is written, `default` must be in the object.
    `always` must be in it anyway. `optional`: nothing fails where the object is absent.
    """

    route: Route
    kind: str = SECRET
    name: str = "name"
    keys: tuple[Route, ...] = ()
    default: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    optional: bool = False


def mentions(value: Value, base: Route, places: Sequence[Place]) -> Iterator[Mention]:
    """Yield what `places`, which are relative to `base`, hold in an object."""
    for place in places:
        for route in expand((*base, *place.route), value):
            here = at(value, route)
            if not place.name:
                yield Mention(route, place.kind, always=place.always)
            elif isinstance(here, dict) and (kind := place.kind or own_kind(here)):
                keys = keys_at(here, route, place.keys)
                yield Mention(
                    (*route, place.name),
                    kind,
                    keys,
                    place.always if keys else place.always + place.default,
                    place.optional or is_optional(here),
                    namespace_at(here, route),
                )


def own_kind(reference: Mapping[str, Value]) -> str:
    """Return the kind that a reference names, a Secret where it names none, "" for others."""
    if reference.get("group") not in (None, "", "core"):
        return ""
    kind = reference.get("kind", SECRET)
    return kind if kind in (SECRET, CONFIG_MAP) else ""


def is_optional(reference: Mapping[str, Value]) -> bool:
    """Say whether a reference may lead nowhere; a placeholder counts as that it may."""
    return reference.get("optional") not in (None, False)


def keys_at(reference: Value, route: Route, keys: Sequence[Route]) -> tuple[Route, ...]:
    """Return the routes of those `keys` of a reference that stand in it."""
    found = (below for key in keys for below in expand(key, reference))
    return tuple((*route, *below) for below in found if at(reference, below) is not None)


def namespace_at(reference: Mapping[str, Value], route: Route) -> Route | None:
    """Return where a reference names a namespace, None where it does not."""
    return (*route, "namespace") if text(reference.get("namespace")) else None


def is_issued(annotated: Mapping[str, Value]) -> bool:
    """Say whether cert-manager makes the Secrets that an object with these annotations names."""
    return any(key.startswith("cert-manager.io/") or key.endswith("/tls-acme") for key in annotated)


def places_of(group: str, kind: str, value: Value) -> tuple[Route, tuple[Place, ...]] | None:
    """Return where the references of an object stand: the base and the places below it.

    None for a kind that no table knows.
    """
    if group in _TEMPLATE_GROUPS and kind in _TEMPLATES:
        return _TEMPLATES[kind], _POD
    if group.endswith(".toolkit.fluxcd.io"):
        by_ssh = (text(at(value, ("spec", "url"))) or "").startswith("ssh://")
        first = _RECEIVER if kind == "Receiver" else _SSH if by_ssh else ()
        return ("spec",), (*first, *_FLUX)
    return _KINDS.get((group, kind))


# Reading the tables


def _place(
    route: str,
    kind: str = SECRET,
    name: str = "name",
    *,
    keys: str = "",
    default: str = "",
    always: Sequence[str] = (),
) -> Place:
    return Place(
        parse_route(route),
        kind,
        name,
        tuple(parse_route(key) for key in keys.split()),
        tuple(default.split()),
        tuple(always),
    )


def _references(*routes: str) -> tuple[Place, ...]:
    return tuple(_place(route) for route in routes)


# kind → where the spec of a Pod stands in it
_TEMPLATES: dict[str, Route] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(
        (
            *("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"),
            *("ReplicationController", "Rollout"),
        ),
        ("spec", "template", "spec"),
    ),
}
_TEMPLATE_GROUPS = frozenset(("", "apps", "batch", "extensions", "argoproj.io"))

_ITEMS = "items.*.key"
_POD = (
    *(
        place
        for containers in ("containers", "initContainers", "ephemeralContainers")
        for place in (
            _place(f"{containers}.*.env.*.valueFrom.secretKeyRef", keys="key"),
            _place(f"{containers}.*.env.*.valueFrom.configMapKeyRef", CONFIG_MAP, keys="key"),
            _place(f"{containers}.*.envFrom.*.secretRef"),
            _place(f"{containers}.*.envFrom.*.configMapRef", CONFIG_MAP),
        )
    ),
    _place("volumes.*.secret", name="secretName", keys=_ITEMS),
    _place("volumes.*.configMap", CONFIG_MAP, keys=_ITEMS),
    _place("volumes.*.projected.sources.*.secret", keys=_ITEMS),
    _place("volumes.*.projected.sources.*.configMap", CONFIG_MAP, keys=_ITEMS),
    _place(
        "volumes.*.azureFile",
        name="secretName",
        always=("azurestorageaccountname", "azurestorageaccountkey"),
    ),
    *_references(
        "volumes.*.csi.nodePublishSecretRef",
        *(
            f"volumes.*.{driver}.secretRef"
            for driver in ("cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos")
        ),
        # Of two types, each with a key of its own.
        "imagePullSecrets.*",
    ),
    _place("serviceAccountName", SERVICE_ACCOUNT, ""),
    _place("serviceAccount", SERVICE_ACCOUNT, ""),  # its old name
)
_FLUX = (
    _place("valuesFrom.*", "", keys="valuesKey", default="values.yaml"),
    _place("postBuild.substituteFrom.*", ""),
    _place("kubeConfig.secretRef", keys="key"),
    _place("kubeConfig.configMapRef", CONFIG_MAP),
    _place("serviceAccountName", SERVICE_ACCOUNT, ""),
    _place("decryption.serviceAccountName", SERVICE_ACCOUNT, ""),
    *_references(
        "secretRef",
        "certSecretRef",
        "proxySecretRef",
        "verify.secretRef",
        "chart.spec.verify.secretRef",
        "decryption.secretRef",
        "sts.secretRef",
        "sts.certSecretRef",
        "git.commit.signingKey.secretRef",
    ),
)
# These go first: of two mentions with one route the first counts.
_RECEIVER = (_place("secretRef", always=("token",)),)
_SSH = (_place("secretRef", always=("identity", "known_hosts")),)
_LISTENERS = (
    _place("spec.listeners.*.tls.certificateRefs.*", "", always=TLS),
    _place("spec.listeners.*.tls.frontendValidation.caCertificateRefs.*", "", always=("ca.crt",)),
)
_INGRESS: tuple[Route, tuple[Place, ...]] = (
    ("spec",),
    (_place("tls.*", name="secretName", always=TLS),),
)
_GATEWAY = "gateway.networking.k8s.io"
_VOLSYNC = (
    _place("restic.repository", name="", always=("RESTIC_REPOSITORY", "RESTIC_PASSWORD")),
    _place("kopia.repository", name="", always=("KOPIA_REPOSITORY", "KOPIA_PASSWORD")),
    _place("rclone.rcloneConfig", name="", always=("rclone.conf",)),
    _place("rsyncTLS.keySecret", name="", always=("psk.txt",)),
    _place("rsync.sshKeys", name=""),
    *(
        place
        for mover in ("restic", "kopia", "rclone")
        for place in (
            _place(f"{mover}.customCA", name="secretName", keys="key"),
            _place(f"{mover}.customCA", CONFIG_MAP, "configMapName", keys="key"),
        )
    ),
)

_KINDS: dict[tuple[str, str], tuple[Route, tuple[Place, ...]]] = {
    ("networking.k8s.io", "Ingress"): _INGRESS,
    ("extensions", "Ingress"): _INGRESS,
    (_GATEWAY, "Gateway"): ((), _LISTENERS),
    (_GATEWAY, "ListenerSet"): ((), _LISTENERS),
    ("gateway.networking.x-k8s.io", "XListenerSet"): ((), _LISTENERS),
    (_GATEWAY, "BackendTLSPolicy"): (
        ("spec", "validation"),
        (_place("caCertificateRefs.*", "", always=("ca.crt",)),),
    ),
    ("", "ServiceAccount"): (
        (),
        # Of `secrets` the token controller of old clusters kept those that it made.
        (*_references("imagePullSecrets.*"), _place("secrets.*")._replace(optional=True)),
    ),
    ("", "PersistentVolume"): (
        ("spec",),
        _references(
            *(
                f"csi.{call}SecretRef"
                for call in (
                    *("controllerExpand", "controllerPublish"),
                    *("nodeExpand", "nodePublish", "nodeStage"),
                )
            ),
            *(
                f"{driver}.secretRef"
                for driver in ("cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO")
            ),
        ),
    ),
    ("volsync.backube", "ReplicationSource"): (("spec",), _VOLSYNC),
    ("volsync.backube", "ReplicationDestination"): (("spec",), _VOLSYNC),
}
