"""What makes or fills Secrets and ConfigMaps, and with which keys.

ExternalSecrets, the objects themselves, and what controllers make of other objects: under a
name that is written in them, or by the convention of an operator or a chart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from esolint.model.consumer import EXTERNAL_SECRETS, PUSH_SECRETS, store_uses
from esolint.model.keys import (
    Find,
    Keys,
    creation_policy,
    key_names,
    mapping_keys,
    nothing_known,
    secret_keys,
    unknown_keys,
)
from esolint.resource import ESO_GROUP, Resource, known_namespace
from esolint.value import Route, expand, leaves, mapping, parse_route, text

# Objects that Kubernetes or OpenShift puts into every namespace: kind and name.
WELL_KNOWN = frozenset(
    (("ConfigMap", "kube-root-ca.crt"), ("ConfigMap", "openshift-service-ca.crt"))
)
ANY = "*"

_NAME: Route = ("metadata", "name")
_OPEN = unknown_keys("its maker decides")


class Writer(NamedTuple):
    """What makes or fills an object of a namespace.

    `route` is where the object's name stands in the resource, else what the name follows from.
    `kind` is Secret, ConfigMap, or that of an ExternalSecret's generic target. In `name` each
    `*` stands for any text. `namespace` is None where it is not known. `policy` is ESO's
    creationPolicy, "" where it is not known and for what is no ExternalSecret. `sure`: it does
    so by what is written; else it may, by a convention or under a name that only rendering
    decides. `cluster`: a ClusterExternalSecret's, one in each namespace that it selects.
    """

    resource: Resource
    route: Route
    kind: str
    name: str
    namespace: str | None
    keys: Keys
    policy: str = ""
    sure: bool = True
    cluster: bool = False

    @property
    def makes(self) -> bool:
        """Say whether it makes the object where there is none; with Merge, ESO only fills it."""
        return self.policy != "Merge"

    def may_mean(self, kind: str, name: str, namespace: str | None) -> bool:
        """Say whether this is, or may be, a writer of an object; None: in any namespace."""
        if self.kind != kind:
            return False
        if None not in (namespace, self.namespace) and namespace != self.namespace:
            return False
        if "*" not in self.name:
            return name == self.name
        return re.fullmatch(".*".join(map(re.escape, self.name.split("*"))), name) is not None


def writers(resource: Resource, find: Find = nothing_known) -> Iterator[Writer]:
    """Yield what a resource makes or fills, and its copies in other namespaces."""
    mirrored = any(_is_mirrored(resource, route) for route in _ANNOTATIONS)
    for writer in _writers(resource, find):
        yield writer
        if mirrored and writer.kind in ("Secret", "ConfigMap"):
            yield writer._replace(namespace=None, sure=False)


def may_write(written: str) -> bool:
    """Say whether a text can hold an object that makes or fills Secrets or ConfigMaps."""
    return _signs().search(written) is not None


@cache
def _signs() -> re.Pattern[str]:
    kinds = {key.rpartition("/")[2] for key in (*_MAKERS, *_NAMED, *_CONVENTIONS)}
    named = "|".join(sorted({*kinds, *EXTERNAL_SECRETS, *PUSH_SECRETS} - _BY_OTHER_SIGNS))
    return re.compile(
        rf"kind[\"']?\s*:\s*(?:[&!]\S+\s+)*[\"']?(?:{named})\b|helmCharts|{_OUTPUT}"
        rf"|{re.escape(_SERVING_CERT)}|{'|'.join(map(re.escape, _CERT_MANAGER))}"
    )


def _writers(resource: Resource, find: Find) -> Iterator[Writer]:
    if resource.group == ESO_GROUP:
        yield from _of_eso(resource, find)
        return
    key = f"{resource.group}/{resource.kind}"
    if key in _MAKERS:
        yield from _MAKERS[key](resource)
    for written in _NAMED.get(key, ()):
        kind = "ConfigMap" if "onfigMap" in written else "Secret"
        for route in expand(parse_route(written), resource.value):
            yield from _made(resource, route, kind)
    for pattern in _CONVENTIONS.get(key, ()):
        for writer in _made(resource, _NAME):
            yield writer._replace(name=pattern.format(writer.name), sure=False)
    if "." in resource.group and key not in _NAMED:
        yield from _outputs(resource)


def _made(
    resource: Resource, route: Route, kind: str = "Secret", keys: Keys = _OPEN
) -> Iterator[Writer]:
    """Yield the writer of the object whose name stands at a route, if there is a name.

    The namespace is the one beside the name, else the resource's own.
    """
    name = text(resource.get(*route))
    if resource.unknown(route):
        # Of a name like `${APP}-tls` the rest is known.
        pattern = re.sub(_PLACEHOLDER, "*", name or "")
        name = ANY if pattern == name or not pattern else pattern
        yield Writer(resource, route, kind, name, _namespace(resource, route), keys, sure=False)
    elif name:
        yield Writer(resource, route, kind, name, _namespace(resource, route), keys)


_PLACEHOLDER = r"\$\{[^{}]*\}|\$\([^()]*\)|\$?\{\{.*?\}\}"


def _namespace(resource: Resource, route: Route) -> str | None:
    beside = mapping(resource.get(*route[:-1]))
    for key in ("namespace", "secretNamespace"):
        if beside.get(key) is not None:
            here = (*route[:-1], key)
            return None if resource.unknown(here) else text(resource.get(*here))
    return known_namespace(resource)


# ESO


def _of_eso(resource: Resource, find: Find) -> Iterator[Writer]:
    base = EXTERNAL_SECRETS.get(resource.kind)
    if base is None:
        yield from _pushed(resource, find)
        return
    policy = creation_policy(resource, base)
    if policy == "None":
        return
    cluster = resource.kind == "ClusterExternalSecret"
    manifest = (*base, "target", "manifest")
    kind = "Secret"
    if resource.get(*manifest) is not None:
        kind = text(resource.get(*manifest, "kind")) or ""
    routes: tuple[Route, ...] = ((*base, "target", "name"), ("spec", "externalSecretName"), _NAME)
    for route in routes if cluster else (routes[0], _NAME):
        if text(resource.get(*route)) or resource.unknown(route):
            for writer in _made(resource, route, kind, secret_keys(resource, base, find)):
                namespace = None if cluster else known_namespace(resource)
                yield writer._replace(namespace=namespace, policy=policy or "", cluster=cluster)
            return


def _pushed(resource: Resource, find: Find) -> Iterator[Writer]:
    """Yield what a PushSecret makes where one of its stores may be of the kubernetes provider."""
    base = PUSH_SECRETS.get(resource.kind)
    if base is None:
        return
    namespace = known_namespace(resource)
    stores = [
        store
        for use in store_uses(resource)
        for store in (find(use.kind, use.name, namespace) if use.name else ()) or (None,)
    ]
    providers = [mapping(store.get("spec", "provider")) if store else {} for store in stores]
    if providers and all(p and "kubernetes" not in p for p in providers):
        return
    for written in ("data.*.match.remoteRef.remoteKey", "dataTo.*.remoteKey"):
        for route in expand((*base, *parse_route(written)), resource.value):
            for writer in _made(resource, route):
                yield writer._replace(namespace=None, sure=False)


# The objects themselves


def _object(resource: Resource) -> Iterator[Writer]:
    other = "stringData" if resource.kind == "Secret" else "binaryData"
    keys = _all_or_open(mapping_keys(resource, ("data",), (other,)))
    labels = mapping(resource.get("metadata", "labels"))
    if any(key.startswith(_FILLERS) for key in (*resource.annotations(), *labels)):
        keys = Keys(keys.named, False, "a controller fills it")
    yield from _made(resource, _NAME, resource.kind, keys)


def _all_or_open(keys: Keys) -> Keys:
    """Return the keys of an object; one without any is there for somebody to fill."""
    return keys if keys.named or not keys.exact else _OPEN


def _tokens(resource: Resource) -> Iterator[Writer]:
    """Yield the token Secrets that a ServiceAccount lists, which a controller may have made."""
    for route in expand(("secrets", "*", "name"), resource.value):
        for writer in _made(resource, route):
            yield writer._replace(namespace=known_namespace(resource), sure=False)


def _sealed(resource: Resource) -> Iterator[Writer]:
    template: Route = ("spec", "template")
    keys = mapping_keys(resource, ("spec", "encryptedData"), (*template, "data"))
    inner = (*template, *_NAME)
    route = inner if text(resource.get(*inner)) else _NAME
    for writer in _made(resource, route, keys=_all_or_open(keys)):
        yield writer._replace(namespace=known_namespace(resource))


def _sops_secret(resource: Resource) -> Iterator[Writer]:
    for route in expand(("spec", "secretTemplates", "*"), resource.value):
        keys = mapping_keys(resource, (*route, "data"), (*route, "stringData"))
        yield from _made(resource, (*route, "name"), keys=_all_or_open(keys))


# Certificates


def _certificate(resource: Resource) -> Iterator[Writer]:
    route: Route = ("spec", "secretName")
    keys = key_names((key, route) for key in ("tls.crt", "tls.key", "ca.crt"))
    spec = mapping(resource.get("spec"))
    if any(spec.get(more) is not None for more in ("additionalOutputFormats", "keystores")):
        keys = Keys(keys.named, False, "the Certificate asks for more formats")
    yield from _made(resource, route, keys=keys)


def _certificates_of(resource: Resource) -> Iterator[Writer]:
    """Yield the Secrets that cert-manager makes for an Ingress or Gateway with its annotations."""
    if any(note.startswith(_CERT_MANAGER) for note in resource.annotations()):
        for written in ("spec.tls.*.secretName", "spec.listeners.*.tls.certificateRefs.*.name"):
            for route in expand(parse_route(written), resource.value):
                yield from _made(resource, route)


def _serving_cert(resource: Resource) -> Iterator[Writer]:
    route: Route = ("metadata", "annotations", _SERVING_CERT)
    keys = key_names((key, route) for key in ("tls.crt", "tls.key"))
    for writer in _made(resource, route, keys=keys):
        yield writer._replace(namespace=known_namespace(resource))


def _bundle(resource: Resource) -> Iterator[Writer]:
    """Yield what trust-manager puts into the namespaces that a Bundle selects."""
    for field, kind in (("secret", "Secret"), ("configMap", "ConfigMap")):
        route: Route = ("spec", "target", field)
        if resource.get(*route) is not None:
            for writer in _made(resource, _NAME, kind):
                yield writer._replace(namespace=None)


# Others that know their keys


def _secret_objects(resource: Resource) -> Iterator[Writer]:
    """Yield the Secrets that the CSI driver makes while a Pod mounts the volume."""
    for route in expand(("spec", "secretObjects", "*"), resource.value):
        data = (*route, "data")
        items = expand((*data, "*", "key"), resource.value)
        named = key_names((text(resource.get(*item)) or "", item) for item in items)
        known = not any(map(resource.unknown, (data, *items)))
        keys = named if known else Keys(named.named, False, "a key is only known after rendering")
        for writer in _made(resource, (*route, "secretName"), keys=keys):
            yield writer._replace(namespace=known_namespace(resource), sure=False)


def _bucket(resource: Resource) -> Iterator[Writer]:
    keys = key_names((key, _NAME) for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    yield from _made(resource, _NAME, "Secret", keys)
    yield from _made(resource, _NAME, "ConfigMap")


def _outputs(resource: Resource) -> Iterator[Writer]:
    """Yield the Secrets that a custom resource names as its output, as Crossplane's do."""
    for field, value in mapping(resource.get("spec")).items():
        if re.fullmatch(_OUTPUT, field):
            route: Route = ("spec", field)
            if isinstance(value, dict):
                route = (*route, "name" if "name" in value else "secretName")
            for writer in _made(resource, route):
                yield writer._replace(sure=field.startswith("write"))


# What may make any object of a namespace


def _anything(resource: Resource, route: Route, namespace: str | None) -> Iterator[Writer]:
    for kind in ("Secret", "ConfigMap"):
        yield Writer(resource, route, kind, ANY, namespace, _OPEN, sure=False)


def _release(resource: Resource) -> Iterator[Writer]:
    target: Route = ("spec", "targetNamespace")
    namespace = known_namespace(resource)
    if resource.get(*target) is not None:
        namespace = None if resource.unknown(target) else text(resource.get(*target))
    yield from _anything(resource, _NAME, namespace)


def _application(resource: Resource) -> Iterator[Writer]:
    """Yield what the charts of an Application or ApplicationSet may make.

    Of a source that is a plain folder or a kustomization, the rendering tells.
    """
    spec: Route = ("spec",) if resource.kind == "Application" else ("spec", "template", "spec")
    sources = [(*spec, "source"), *expand((*spec, "sources", "*"), resource.value)]
    to = (*spec, "destination", "namespace")
    namespace = None if resource.unknown(to) else text(resource.get(*to))
    for source in sources:
        written = mapping(resource.get(*source))
        if written.get("chart") is not None or written.get("helm") is not None:
            yield from _anything(resource, source, namespace)
            return


def _helm_charts(resource: Resource) -> Iterator[Writer]:
    for route in expand(("helmCharts", "*"), resource.value):
        own = (*route, "namespace")
        at = own if resource.get(*own) is not None else ("namespace",)
        namespace = None if resource.unknown(at) else text(resource.get(*at))
        yield from _anything(resource, route, namespace)


def _generated(resource: Resource) -> Iterator[Writer]:
    """Yield what a Kyverno policy generates."""
    for rule in expand(("spec", "rules", "*", "generate"), resource.value):
        generate = mapping(resource.get(*rule))
        if generate.get("kind") in ("Secret", "ConfigMap"):
            for writer in _made(resource, (*rule, "name"), str(generate["kind"])):
                yield writer._replace(sure=False)
        elif "cloneList" in generate or "foreach" in generate:
            yield from _anything(resource, rule, None)


def _job(resource: Resource) -> Iterator[Writer]:
    """Yield what a Job may make that works on the cluster and speaks of Secrets."""
    words = " ".join(value for _, value in leaves(resource.get("spec")) if isinstance(value, str))
    if re.search(r"\b(?:kubectl|oc)\b", words) and "ecret" in words:
        yield from _anything(resource, _NAME, known_namespace(resource))


# By annotations: of the resource, or of what is made from it.

_ANNOTATIONS: tuple[Route, ...] = (
    ("metadata", "annotations"),
    ("spec", "target", "template", "metadata", "annotations"),
    ("spec", "externalSecretSpec", "target", "template", "metadata", "annotations"),
    ("spec", "template", "metadata", "annotations"),
    ("spec", "secretTemplate", "annotations"),
)
_MIRRORS = (
    "reflector.v1.k8s.emberstack.com/reflection-auto-enabled",
    "replicator.v1.mittwald.de/replicate-to",
    "kubed.appscode.com/sync",
)
_FILLERS = (
    "reflector.v1.k8s.emberstack.com/reflects",
    "replicator.v1.mittwald.de/replicate-from",
    "secret-generator.v1.mittwald.de/",
    "config.openshift.io/inject-trusted-cabundle",
    "service.beta.openshift.io/inject-cabundle",
    "service.alpha.openshift.io/inject-cabundle",
    "kubernetes.io/service-account.name",
)
_CERT_MANAGER = ("cert-manager.io/", "certmanager.k8s.io/", "kubernetes.io/tls-acme")
_SERVING_CERT = "service.beta.openshift.io/serving-cert-secret-name"
# Kinds that are common, and make something only where another word says so.
_BY_OTHER_SIGNS = frozenset(("", "Component", "Gateway", "Ingress", "Kustomization", "Service"))


def _is_mirrored(resource: Resource, route: Route) -> bool:
    """Say whether annotations ask for copies in other namespaces."""
    notes = mapping(resource.get(*route))
    return any(k.startswith(_MIRRORS) and v not in (False, "false") for k, v in notes.items())


# By kind: `group/kind`.

_MAKERS: dict[str, Callable[[Resource], Iterator[Writer]]] = {
    "/": _helm_charts,  # a kustomization may leave its kind out
    "/ConfigMap": _object,
    "/Secret": _object,
    "/Service": _serving_cert,
    "/ServiceAccount": _tokens,
    "argoproj.io/Application": _application,
    "argoproj.io/ApplicationSet": _application,
    "batch/CronJob": _job,
    "batch/Job": _job,
    "bitnami.com/SealedSecret": _sealed,
    "cert-manager.io/Certificate": _certificate,
    "certmanager.k8s.io/Certificate": _certificate,
    "gateway.networking.k8s.io/Gateway": _certificates_of,
    "helm.cattle.io/HelmChart": _release,
    "helm.toolkit.fluxcd.io/HelmRelease": _release,
    "isindir.github.com/SopsSecret": _sops_secret,
    "kustomize.config.k8s.io/Component": _helm_charts,
    "kustomize.config.k8s.io/Kustomization": _helm_charts,
    "kyverno.io/ClusterPolicy": _generated,
    "kyverno.io/Policy": _generated,
    "networking.k8s.io/Ingress": _certificates_of,
    "objectbucket.io/ObjectBucketClaim": _bucket,
    "secrets-store.csi.x-k8s.io/SecretProviderClass": _secret_objects,
    "trust.cert-manager.io/Bundle": _bundle,
}
# Where the name of what they make stands.
_NAMED: dict[str, tuple[str, ...]] = {
    "cert-manager.io/ClusterIssuer": ("spec.acme.privateKeySecretRef.name",),
    "cert-manager.io/Issuer": ("spec.acme.privateKeySecretRef.name",),
    "k8s.bitwarden.com/BitwardenSecret": ("spec.secretName",),
    "k8s.mariadb.com/Connection": ("spec.secretName",),
    "kafka.strimzi.io/KafkaUser": ("metadata.name",),
    "kubernetes-client.io/ExternalSecret": ("metadata.name",),
    "onepassword.com/OnePasswordItem": ("metadata.name",),
    "redhatcop.redhat.io/VaultSecret": ("spec.output.name",),
    "ricoberger.de/VaultSecret": ("metadata.name",),
    "secrets.doppler.com/DopplerSecret": ("spec.managedSecret.name",),
    "secrets.hashicorp.com/HCPVaultSecretsApp": ("spec.destination.name",),
    "secrets.hashicorp.com/VaultDynamicSecret": ("spec.destination.name",),
    "secrets.hashicorp.com/VaultPKISecret": ("spec.destination.name",),
    "secrets.hashicorp.com/VaultStaticSecret": ("spec.destination.name",),
    "secrets.infisical.com/InfisicalDynamicSecret": ("spec.managedSecretReference.secretName",),
    "secrets.infisical.com/InfisicalSecret": (
        "spec.managedSecretReference.secretName",
        "spec.managedKubeSecretReferences.*.secretName",
        "spec.managedKubeConfigMapReferences.*.configMapName",
    ),
    "spv.no/AzureKeyVaultSecret": ("spec.output.secret.name", "spec.output.configMap.name"),
}
# How operators name what they make for an object, {} being its name.
_CONVENTIONS: dict[str, tuple[str, ...]] = {
    "acid.zalan.do/postgresql": ("*.{}.credentials.postgresql.acid.zalan.do",),
    "argoproj.io/ArgoCD": ("{}-*", "argocd-*"),
    "ceph.rook.io/CephObjectStoreUser": ("rook-ceph-object-user-*-{}",),
    "cluster.x-k8s.io/Cluster": ("{}-*",),
    "elasticsearch.k8s.elastic.co/Elasticsearch": ("{}-es-*",),
    "grafana.integreatly.org/Grafana": ("{}-admin-credentials",),
    "k8s.keycloak.org/Keycloak": ("{}-initial-admin",),
    "k8s.mariadb.com/MariaDB": ("{}-*", "mariadb-{}-*"),
    "kafka.strimzi.io/Kafka": ("{}-*",),
    "kibana.k8s.elastic.co/Kibana": ("{}-kb-*",),
    "minio.min.io/Tenant": ("{}-*",),
    "mongodbcommunity.mongodb.com/MongoDBCommunity": ("{}-*",),
    "mysql.oracle.com/InnoDBCluster": ("{}-*",),
    "pgv2.percona.com/PerconaPGCluster": ("{}-*",),
    "postgres-operator.crunchydata.com/PostgresCluster": ("{}-*",),
    "postgresql.cnpg.io/Cluster": (
        *("{}-app", "{}-superuser", "{}-ca", "{}-server", "{}-replication"),
    ),
    "ps.percona.com/PerconaServerMySQL": ("{}-*", "internal-{}*"),
    "psmdb.percona.com/PerconaServerMongoDB": ("{}-*", "internal-{}*"),
    "pxc.percona.com/PerconaXtraDBCluster": ("{}-*", "internal-{}*"),
    "rabbitmq.com/RabbitmqCluster": ("{}-*",),
    "rabbitmq.com/User": ("{}-user-credentials",),
}
# Fields of other custom resources that say where to put a Secret.
_OUTPUT = (
    r"(?:write|output|target|destination|generated|created|connection|managed)"
    r"\w*Secret\w*(?<!Namespace)|publishConnectionDetailsTo"
)
