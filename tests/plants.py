"""Faults to plant into the corpus: what is changed, and what is to be reported for it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import yaml


class Tree:
    """A repository that is changed and put back."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._kept: dict[Path, bytes | str | None] = {}

    def text(self, path: str) -> str:
        return self.root.joinpath(path).read_text(encoding="utf-8")

    def paths(self, under: str = "") -> list[str]:
        files = sorted(self.root.joinpath(under).rglob("*.y*ml"))
        return [file.relative_to(self.root).as_posix() for file in files if file.is_file()]

    def write(self, path: str, text: str) -> None:
        file = self._keep(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def append(self, path: str, text: str) -> None:
        self.write(path, f"{self.text(path).rstrip()}\n{text}")

    def replace(self, path: str, old: str, new: str, *, count: int = 1) -> None:
        """Exchange a text that a file holds so many times."""
        text = self.text(path)
        assert text.count(old) == count, f"{path} holds {old!r} {text.count(old)} times"
        self.write(path, text.replace(old, new))

    def everywhere(self, pattern: str, new: str, under: str = "") -> None:
        """Exchange what an expression matches in all YAML files."""
        for path in self.paths(under):
            text = self.text(path)
            changed = re.sub(pattern, new, text)
            if changed != text:
                self.write(path, changed)

    def remove(self, path: str) -> None:
        self._keep(path).unlink()

    def move(self, path: str, to: str) -> None:
        text = self.text(path)
        self.remove(path)
        self.write(to, text)

    def link(self, path: str, to: str) -> None:
        """Make a symbolic link."""
        file = self._keep(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(to)

    def restore(self) -> None:
        for file, content in self._kept.items():
            file.unlink(missing_ok=True)
            if isinstance(content, bytes):
                file.write_bytes(content)
            elif content is not None:
                file.symlink_to(content)
        for file in self._kept:
            # What a plant has made goes with it.
            for folder in file.parents:
                if not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
        self._kept.clear()

    def _keep(self, path: str) -> Path:
        file = self.root / path
        if file not in self._kept:
            if file.is_symlink():
                self._kept[file] = os.readlink(file)
            else:
                self._kept[file] = file.read_bytes() if file.is_file() else None
        return file


class Fault(NamedTuple):
    """What is to be reported: on the last line of the text `at`, which the file holds once.

    `at` may also be the line itself.
    """

    rule: str
    path: str
    at: str | int
    severity: str = "error"


Found: TypeAlias = Callable[[Tree], Sequence[Fault]]


class Plant(NamedTuple):
    """A change of a repository, the findings that it brings, and the inputs that are skipped.

    `missed` says why the findings are not reported yet.
    """

    name: str
    repository: str
    edit: Callable[[Tree], None]
    faults: Found | None = None
    profile: str = "default"
    skipped: Sequence[tuple[str, str]] = ()
    slow: bool = False
    missed: str = ""


PLANTS: list[Plant] = []


def plant(
    repository: str,
    *faults: Fault | Found,
    profile: str = "default",
    skipped: Sequence[tuple[str, str]] = (),
    slow: bool = False,
    missed: str = "",
) -> Callable[[Callable[[Tree], None]], Callable[[Tree], None]]:
    """Note the function that makes a change under its name."""

    def note(edit: Callable[[Tree], None]) -> Callable[[Tree], None]:
        def all_of_them(tree: Tree) -> Sequence[Fault]:
            lists = [[f] if isinstance(f, Fault) else f(tree) for f in faults]
            return [fault for found in lists for fault in found]

        name = edit.__name__.replace("_", "-")
        wanted = all_of_them if faults else None
        PLANTS.append(Plant(name, repository, edit, wanted, profile, skipped, slow, missed))
        return edit

    return note


# A home-lab: Flux, one cluster, two ClusterSecretStores, templates of one extract each

LAB = "onedr0p__home-ops"
APPS = "kubernetes/apps"
STORE = f"{APPS}/external-secrets/onepassword-connect/app/clustersecretstore.yaml"
RADARR = f"{APPS}/default/radarr/app/externalsecret.yaml"
RADARR_SYNC = f"{APPS}/default/radarr/ks.yaml"
CLOUDFLARE = f"{APPS}/network/cloudflare-dns/app/externalsecret.yaml"
PUSH = f"{APPS}/network/certificates/export/pushsecret.yaml"
IMPORT = f"{APPS}/network/certificates/import/externalsecret.yaml"
TUNNEL = f"{APPS}/network/cloudflare-tunnel/app/externalsecret.yaml"
UNIFI = f"{APPS}/network/unifi-dns/app/externalsecret.yaml"
ISSUER = f"{APPS}/cert-manager/cert-manager/app/externalsecret.yaml"
OPERATOR = f"{APPS}/external-secrets/external-secrets/app"
# A component that each namespace takes in.
ALERTS = "kubernetes/components/alerts/github-status/externalsecret.yaml"
REFERENCE = "    kind: ClusterSecretStore\n    name: onepassword-connect\n"


def each(rule: str, at: str, under: str = "", severity: str = "error") -> Found:
    """Return the faults of all files that hold a text; each of them may hold it several times."""

    def faults(tree: Tree) -> list[Fault]:
        found = []
        for path in tree.paths(under):
            text = tree.text(path)
            ends = [m.end() for m in re.finditer(re.escape(at), text)]
            lines = [text[:end].rstrip("\n").count("\n") + 1 for end in ends]
            found += [Fault(rule, path, line, severity) for line in lines]
        return found

    return faults


@plant(LAB, Fault("store-not-found", RADARR, "name: onepassword-conect"))
def store_name_misspelt(tree: Tree) -> None:
    tree.replace(RADARR, "name: onepassword-connect", "name: onepassword-conect")


@plant(LAB, Fault("store-not-found", RADARR, "name: 1password"), slow=True)
def store_of_another_name(tree: Tree) -> None:
    tree.replace(RADARR, "name: onepassword-connect", "name: 1password")


@plant(
    LAB,
    each("store-not-found", "  kind: ClusterSecretStore\n    name: onepassword-connect\n"),
    Fault("store-not-found", PUSH, "- name: onepassword-connect"),
    # It has another name, so it is another one that has no conditions.
    Fault("cluster-store-without-conditions", STORE, "\nspec:", "warning"),
)
def store_renamed(tree: Tree) -> None:
    tree.replace(STORE, "name: onepassword-connect\n", "name: onepassword\n")


@plant(LAB, Fault("store-kind-mismatch", RADARR, "name: onepassword-connect"))
def store_kind_left_out(tree: Tree) -> None:
    tree.replace(RADARR, "    kind: ClusterSecretStore\n", "")


@plant(LAB, Fault("store-kind-mismatch", RADARR, "kind: SecretStore"))
def store_kind_changed(tree: Tree) -> None:
    tree.replace(RADARR, "kind: ClusterSecretStore", "kind: SecretStore")


@plant(LAB, Fault("store-kind-mismatch", PUSH, "kind: SecretStore"), slow=True)
def store_kind_changed_in_push(tree: Tree) -> None:
    tree.replace(PUSH, "kind: ClusterSecretStore", "kind: SecretStore")


@plant(
    LAB,
    Fault("namespace-not-admitted", CLOUDFLARE, "name: onepassword-connect"),
    Fault("namespace-not-admitted", TUNNEL, "name: onepassword-connect"),
    Fault("namespace-not-admitted", UNIFI, "name: onepassword-connect"),
    Fault("namespace-not-admitted", IMPORT, "name: onepassword-connect"),
    Fault("namespace-not-admitted", PUSH, "name: onepassword-connect"),
    Fault("namespace-not-admitted", ALERTS, "name: onepassword-connect"),
)
def store_condition_without_a_namespace(tree: Tree) -> None:
    names = sorted(
        p.name
        for p in tree.root.joinpath(APPS).iterdir()
        if p.is_dir() and p.name not in ("network",)
    )
    lines = "".join(f"        - {name}\n" for name in names)
    tree.append(STORE, f"  conditions:\n    - namespaces:\n{lines}")


@plant(
    LAB,
    each("namespace-not-admitted", REFERENCE, f"{APPS}/rook-ceph"),
    Fault("namespace-not-admitted", ALERTS, "name: onepassword-connect"),
    slow=True,
)
def store_condition_of_a_regex(tree: Tree) -> None:
    tree.append(STORE, "  conditions:\n    - namespaceRegexes:\n        - ^[^r].*$\n")


@plant(
    LAB,
    each("namespace-not-admitted", REFERENCE, f"{APPS}/cert-manager"),
    Fault("namespace-not-admitted", ALERTS, "name: onepassword-connect"),
)
def namespace_loses_its_label(tree: Tree) -> None:
    for path in tree.paths(APPS):
        if path.endswith("/namespace.yaml"):
            text = tree.text(path)
            own = "" if path.startswith(f"{APPS}/cert-manager/") else '    secrets: "yes"\n'
            labelled = "  labels:\n" in text
            if labelled:
                tree.write(path, text.replace("  labels:\n", f"  labels:\n{own}"))
            elif own:
                tree.append(path, f"  labels:\n{own}")
    tree.append(
        STORE,
        '  conditions:\n    - namespaceSelector:\n        matchLabels:\n          secrets: "yes"\n',
    )


@plant(
    LAB,
    Fault(
        "consumed-key-missing",
        f"{APPS}/network/cloudflare-dns/app/helmrelease.yaml",
        "name: *secret\n            key: *name",
    ),
)
def template_key_renamed(tree: Tree) -> None:
    tree.replace(CLOUDFLARE, "CF_ZONE_ID:", "CF_ZONE:")


@plant(
    LAB,
    Fault(
        "consumed-key-missing",
        f"{APPS}/cert-manager/cert-manager/app/clusterissuer.yaml",
        "key: CLOUDFLARE_DNS_TOKEN",
    ),
)
def template_key_of_an_issuer_renamed(tree: Tree) -> None:
    tree.replace(ISSUER, "        CLOUDFLARE_DNS_TOKEN:", "        CLOUDFLARE_TOKEN:")


@plant(
    LAB,
    Fault(
        "consumed-secret-not-found",
        f"{APPS}/default/chaski/app/helmrelease.yaml",
        "name: chaski-secret",
        "warning",
    ),
    slow=True,
)
def target_renamed(tree: Tree) -> None:
    tree.replace(
        f"{APPS}/default/chaski/app/externalsecret.yaml",
        "name: chaski-secret",
        "name: chaski-secrets",
    )


@plant(
    LAB,
    Fault(
        "consumed-secret-not-found",
        f"{APPS}/default/radarr/app/helmrelease.yaml",
        '- secretRef:\n                  name: "{{ .Release.Name }}-secret"',
        "warning",
    ),
)
def target_renamed_that_a_chart_names(tree: Tree) -> None:
    tree.replace(RADARR, "name: radarr-secret", "name: radarr-secrets")


@plant(
    LAB,
    Fault(
        "target-collision",
        f"{APPS}/default/sonarr/app/externalsecret.yaml",
        "target:\n    name: radarr-secret",
    ),
    slow=True,
)
def two_kustomizations_write_one_secret(tree: Tree) -> None:
    path = f"{APPS}/default/sonarr/app/externalsecret.yaml"
    tree.replace(path, "name: sonarr-secret", "name: radarr-secret")


@plant(
    LAB,
    Fault(
        "target-collision",
        CLOUDFLARE,
        f"again\nspec:\n  secretStoreRef:\n{REFERENCE}  target:\n    name: cloudflare-dns-secret",
    ),
)
def two_of_one_file_write_one_secret(tree: Tree) -> None:
    again = tree.text(CLOUDFLARE).replace("name: cloudflare-dns\n", "name: again\n")
    tree.append(CLOUDFLARE, again)


@plant(
    LAB,
    Fault("flux-substitution-eats-value", RADARR, "RADARR__AUTH__APIKEY:", "warning"),
)
def undefined_variable_under_post_build(tree: Tree) -> None:
    tree.replace(RADARR, '"{{ .RADARR_API_KEY }}"', '"${RADARR_KEY}"')


@plant(
    LAB,
    Fault("policy-combination", f"{APPS}/default/radarr/app/kustomization.yaml", "value: Delete"),
)
def policies_that_conflict_by_a_json_patch(tree: Tree) -> None:
    tree.append(
        f"{APPS}/default/radarr/app/kustomization.yaml",
        """\
patches:
  - target:
      kind: ExternalSecret
    patch: |
      - op: add
        path: /spec/target/creationPolicy
        value: Merge
      - op: add
        path: /spec/target/deletionPolicy
        value: Delete
""",
    )


@plant(
    LAB,
    Fault("kind-not-reconciled", PUSH, "kind: PushSecret"),
)
def push_secrets_switched_off(tree: Tree) -> None:
    tree.append(f"{OPERATOR}/helmrelease.yaml", "    processPushSecret: false\n")


@plant(
    LAB,
    Fault("kind-not-reconciled", STORE, "kind: ClusterSecretStore"),
    Fault(
        "kind-not-reconciled",
        f"{APPS}/external-secrets/onepassword-sdk-home-operations/app/clustersecretstore.yaml",
        "kind: ClusterSecretStore",
    ),
    slow=True,
)
def cluster_stores_switched_off(tree: Tree) -> None:
    tree.append(f"{OPERATOR}/helmrelease.yaml", "    processClusterStore: false\n")


@plant(LAB, Fault("controller-class-mismatch", STORE, "controller: other", "warning"))
def store_of_another_controller_class(tree: Tree) -> None:
    tree.append(f"{OPERATOR}/helmrelease.yaml", "    controllerClass: main\n")
    tree.replace(STORE, "spec:\n", "spec:\n  controller: other\n")


@plant(
    LAB, Fault("removed-api-version", RADARR, "apiVersion: external-secrets.io/v1beta1"), slow=True
)
def version_no_longer_served(tree: Tree) -> None:
    tree.replace(RADARR, "external-secrets.io/v1\n", "external-secrets.io/v1beta1\n")


def versions(tree: Tree) -> list[Fault]:
    """Return the objects of version v1 with the lines of their versions."""
    found = each("field-not-in-version", "apiVersion: external-secrets.io/v1\nkind:")
    return [fault._replace(at=int(fault.at) - 1) for fault in found(tree)]


@plant(LAB, versions)
def operator_too_old_for_the_version(tree: Tree) -> None:
    tree.replace(f"{OPERATOR}/ocirepository.yaml", "tag: 2.9.0", "tag: 0.15.1")


@plant(
    LAB, Fault("duplicate-key", RADARR, "name: radarr-secret\n    name: radarr-secret"), slow=True
)
def duplicate_key(tree: Tree) -> None:
    tree.replace(RADARR, "    name: radarr-secret\n", "    name: radarr-secret\n" * 2)


@plant(
    LAB,
    Fault("target-also-in-git", RADARR, "name: radarr-secret", "warning"),
    Fault("secret-value-in-git", f"{APPS}/default/radarr/app/secret.yaml", "APIKEY:", "warning"),
)
def target_committed_too(tree: Tree) -> None:
    tree.write(
        f"{APPS}/default/radarr/app/secret.yaml",
        """\
apiVersion: v1
kind: Secret
metadata:
  name: radarr-secret
stringData:
  RADARR__AUTH__APIKEY: 8f14e45fceea167a5a36dedd4bea2543
""",
    )
    tree.append(f"{APPS}/default/radarr/app/kustomization.yaml", "  - ./secret.yaml\n")


@plant(LAB, Fault("store-not-found", PUSH, "- name: onepassword-conect"), slow=True)
def store_of_a_push_misspelt(tree: Tree) -> None:
    tree.replace(PUSH, "- name: onepassword-connect", "- name: onepassword-conect")


@plant(
    LAB,
    Fault("manifest-not-deployed", RADARR, "metadata:\n  name: radarr", "info"),
)
def file_left_out_of_its_kustomization(tree: Tree) -> None:
    path = f"{APPS}/default/radarr/app/kustomization.yaml"
    tree.replace(path, "  - ./externalsecret.yaml\n", "")


@plant(LAB, Fault("orphan-with-delete", IMPORT, "deletionPolicy: Delete"), slow=True)
def orphan_that_is_deleted(tree: Tree) -> None:
    tree.replace(IMPORT, "Orphan\n", "Orphan\n    deletionPolicy: Delete\n")


@plant(LAB, Fault("delete-on-empty-find", RADARR, "deletionPolicy: Delete", "warning"), slow=True)
def find_that_deletes(tree: Tree) -> None:
    tree.replace(
        RADARR, "    name: radarr-secret\n", "    name: radarr-secret\n    deletionPolicy: Delete\n"
    )
    tree.replace(
        RADARR, "extract:\n        key: radarr", "find:\n        name:\n          regexp: ^radarr$"
    )


@plant(
    LAB,
    Fault("consumed-key-missing", STORE, "key: OP_CONNECT_KEY"),
    profile="strict",
)
def key_of_credentials_renamed(tree: Tree) -> None:
    tree.replace(STORE, "key: OP_CONNECT_TOKEN", "key: OP_CONNECT_KEY")


PLANTED = f"{APPS}/default/planted"


def planted_app(tree: Tree, **files: str) -> None:
    """Add an application to the namespace default that deploys some files."""
    tree.write(
        f"{PLANTED}/ks.yaml",
        tree.text(f"{APPS}/default/chaski/ks.yaml").replace("chaski", "planted"),
    )
    for name, text in files.items():
        tree.write(f"{PLANTED}/app/{name}.yaml", text)
    listed = "".join(f"  - ./{name}.yaml\n" for name in files)
    tree.write(
        f"{PLANTED}/app/kustomization.yaml",
        f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{listed}",
    )
    tree.append(f"{APPS}/default/kustomization.yaml", "  - ./planted/ks.yaml\n")


SECRET = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: planted
spec:
  secretStoreRef:
    kind: ClusterSecretStore
    name: onepassword-connect
  target:
    name: planted-secret
  data:
    - secretKey: username
      remoteRef:
        key: planted
        property: username
    - secretKey: password
      remoteRef:
        key: planted
        property: password
"""
READER = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: planted
spec:
  selector:
    matchLabels:
      app: planted
  template:
    metadata:
      labels:
        app: planted
    spec:
      containers:
        - name: app
          image: example.org/planted:1.0.0
          env:
            - name: PASSWORD
              valueFrom:
                secretKeyRef:
                  name: planted-secret
                  key: password
          volumeMounts:
            - name: secret
              mountPath: /secret
      volumes:
        - name: secret
          secret:
            secretName: planted-secret
            items:
              - key: username
                path: username
"""


@plant(LAB, Fault("consumed-key-missing", f"{PLANTED}/app/deployment.yaml", "- key: username"))
def secret_key_removed_that_a_volume_uses(tree: Tree) -> None:
    secret = SECRET.replace("secretKey: username", "secretKey: user")
    planted_app(tree, externalsecret=secret, deployment=READER)


@plant(LAB, Fault("consumed-key-missing", f"{PLANTED}/app/deployment.yaml", "key: password"))
def template_that_emits_less(tree: Tree) -> None:
    template = "    template:\n      data:\n        username: '{{ .username }}'\n"
    secret = SECRET.replace("planted-secret\n", f"planted-secret\n{template}")
    planted_app(tree, externalsecret=secret, deployment=READER)


@plant(LAB, slow=True)
def workload_with_all_that_it_uses(tree: Tree) -> None:
    planted_app(tree, externalsecret=SECRET, deployment=READER)


GENERATED = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: planted
spec:
  refreshPolicy: CreatedOnce
  target:
    name: planted-secret
  dataFrom:
    - sourceRef:
        generatorRef:
          apiVersion: generators.external-secrets.io/v1alpha1
          kind: Password
          name: planted
"""
PASSWORD = """\
apiVersion: generators.external-secrets.io/v1alpha1
kind: Password
metadata:
  name: planted
spec:
  length: 32
  allowRepeat: true
"""


@plant(LAB, Fault("generator-not-found", f"{PLANTED}/app/externalsecret.yaml", "name: plantid"))
def generator_misspelt(tree: Tree) -> None:
    secret = GENERATED.replace("          name: planted", "          name: plantid")
    planted_app(tree, externalsecret=secret, password=PASSWORD)


@plant(
    LAB,
    Fault("generator-kind-mismatch", f"{PLANTED}/app/externalsecret.yaml", "kind: UUID"),
    slow=True,
)
def generator_of_another_kind(tree: Tree) -> None:
    secret = GENERATED.replace("kind: Password", "kind: UUID")
    planted_app(tree, externalsecret=secret, password=PASSWORD)


@plant(LAB, Fault("generator-kind-mismatch", f"{PLANTED}/app/generator.yaml", "kind: UUID"))
def cluster_generator_with_the_wrong_spec(tree: Tree) -> None:
    generator = """\
apiVersion: generators.external-secrets.io/v1alpha1
kind: ClusterGenerator
metadata:
  name: planted
spec:
  kind: UUID
  generator:
    passwordSpec:
      length: 32
      allowRepeat: true
"""
    secret = GENERATED.replace("kind: Password", "kind: ClusterGenerator")
    planted_app(tree, externalsecret=secret, generator=generator)


@plant(LAB, slow=True)
def generator_that_fits(tree: Tree) -> None:
    planted_app(tree, externalsecret=GENERATED, password=PASSWORD)


CLUSTER_WIDE = """\
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata:
  name: planted
spec:
  externalSecretName: everywhere
  namespaces:
    - default
  externalSecretSpec:
    secretStoreRef:
      kind: ClusterSecretStore
      name: onepassword-connect
    target:
      name: radarr-secret
    dataFrom:
      - extract:
          key: radarr
"""


@plant(
    LAB,
    Fault("target-collision", RADARR, "name: radarr-secret"),
    Fault("deprecated-field", f"{PLANTED}/app/everywhere.yaml", "namespaces:", "warning"),
)
def cluster_external_secret_collides(tree: Tree) -> None:
    planted_app(tree, everywhere=CLUSTER_WIDE)


@plant(
    LAB,
    Fault("store-in-other-namespace", f"{PLANTED}/app/externalsecret.yaml", "name: planted-store"),
)
def store_in_another_namespace(tree: Tree) -> None:
    store = tree.text(STORE).replace("ClusterSecretStore", "SecretStore")
    store = store.replace(
        "metadata:\n  name: onepassword-connect", "metadata:\n  name: planted-store"
    )
    tree.write(
        f"{APPS}/network/certificates/import/store.yaml",
        store.replace("            namespace: external-secrets\n", "")
        .replace("onepassword-connect-vault-secret", "turbo-ac-tls")
        .replace("OP_CONNECT_TOKEN", "tls.key"),
    )
    tree.append(f"{APPS}/network/certificates/import/kustomization.yaml", "  - ./store.yaml\n")
    secret = SECRET.replace("ClusterSecretStore", "SecretStore").replace(
        "name: onepassword-connect", "name: planted-store"
    )
    planted_app(tree, externalsecret=secret)


TEMPLATED = SECRET.replace(
    "    name: planted-secret\n",
    """\
    name: planted-secret
    template:
      templateFrom:
        - configMap:
            name: planted-template
            items:
              - key: config.yaml
""",
)
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: planted-template
data:
  config.yaml: "password: {{ .password }}"
"""


@plant(
    LAB,
    Fault(
        "template-source-not-found",
        f"{PLANTED}/app/externalsecret.yaml",
        "- key: config.yaml",
        "warning",
    ),
)
def key_of_a_template_renamed(tree: Tree) -> None:
    template = TEMPLATE.replace("config.yaml", "config.yml")
    planted_app(tree, externalsecret=TEMPLATED, template=template)


@plant(LAB, slow=True)
def template_that_is_there(tree: Tree) -> None:
    planted_app(tree, externalsecret=TEMPLATED, template=TEMPLATE)


@plant(
    LAB,
    Fault(
        "kustomize-name-not-followed",
        f"{PLANTED}/app/externalsecret.yaml",
        "name: planted-template",
    ),
)
def template_with_a_hash(tree: Tree) -> None:
    planted_app(tree, externalsecret=TEMPLATED)
    tree.append(
        f"{PLANTED}/app/kustomization.yaml",
        """\
configMapGenerator:
  - name: planted-template
    literals:
      - config.yaml=password
""",
    )


NAMESPACED = """\
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata:
  name: planted
spec:
  provider:
    vault:
      server: https://vault.example.org
      path: secret
      auth:
        appRole:
          path: approle
          roleId: planted
          secretRef:
            name: planted-approle
            key: secret-id
"""
OF_ITS_OWN = SECRET.replace("ClusterSecretStore", "SecretStore").replace(
    "name: onepassword-connect", "name: planted"
)


@plant(
    LAB,
    Fault(
        "kustomize-name-not-followed",
        f"{PLANTED}/app/externalsecret.yaml",
        "secretStoreRef:\n    kind: SecretStore\n    name: planted",
    ),
)
def name_prefix_over_store_and_consumer(tree: Tree) -> None:
    planted_app(tree, externalsecret=OF_ITS_OWN, store=NAMESPACED)
    tree.append(f"{PLANTED}/app/kustomization.yaml", "namePrefix: my-\n")


@plant(
    LAB, Fault("kustomize-name-not-followed", f"{PLANTED}/app/store.yaml", "name: planted-approle")
)
def generated_credentials_with_a_hash(tree: Tree) -> None:
    planted_app(tree, externalsecret=OF_ITS_OWN, store=NAMESPACED)
    tree.append(
        f"{PLANTED}/app/kustomization.yaml",
        "secretGenerator:\n  - name: planted-approle\n    envs:\n      - approle.env\n",
    )
    tree.write(f"{PLANTED}/app/approle.env", "secret-id=\n")


@plant(
    LAB,
    Fault("patch-replaces-list", f"{PLANTED}/app/patch.yaml", "spec:\n  data:", "warning"),
    Fault("consumed-key-missing", f"{PLANTED}/app/deployment.yaml", "- key: username"),
)
def patch_that_replaces_data(tree: Tree) -> None:
    planted_app(tree, externalsecret=SECRET, deployment=READER)
    tree.append(f"{PLANTED}/app/kustomization.yaml", "patches:\n  - path: ./patch.yaml\n")
    tree.write(
        f"{PLANTED}/app/patch.yaml",
        """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: planted
spec:
  data:
    - secretKey: password
      remoteRef:
        key: elsewhere
        property: password
""",
    )


PUSHED = """\
apiVersion: external-secrets.io/v1alpha1
kind: PushSecret
metadata:
  name: planted
spec:
  secretStoreRefs:
    - name: onepassword-connect
      kind: ClusterSecretStore
  selector:
    secret:
      name: planted-secret
  data:
    - match:
        secretKey: password
        remoteRef:
          remoteKey: planted
          property: password
"""


@plant(
    LAB, Fault("push-source-key-missing", f"{PLANTED}/app/push.yaml", "secretKey: token"), slow=True
)
def pushed_key_that_an_external_secret_lacks(tree: Tree) -> None:
    push = PUSHED.replace("secretKey: password", "secretKey: token")
    planted_app(tree, externalsecret=SECRET, push=push)


@plant(
    LAB,
    Fault(
        "push-store-not-listed", f"{PLANTED}/app/push.yaml", "name: onepassword-sdk-home-operations"
    ),
    slow=True,
)
def push_to_a_store_that_is_not_listed(tree: Tree) -> None:
    push = f"""{PUSHED}\
  dataTo:
    - storeRef:
        kind: ClusterSecretStore
        name: onepassword-sdk-home-operations
"""
    planted_app(tree, externalsecret=SECRET, push=push)


# Another one: overlays for two clusters, and bases that Deployments stand in

PI = "ricsanfre__pi-cluster"
SHOP = "kubernetes/apps/e-commerce"
ORDERS = f"{SHOP}/order-service/base"
ORDER_SECRETS = f"{ORDERS}/external-secrets.yaml"
PROD = "kubernetes/clusters/prod"
VAULT = "kubernetes/platform/external-secrets/config/base/cluster-secret-store.yaml"
GRAFANA = "kubernetes/platform/grafana/instance"
DATABASE = "kubernetes/platform/keycloak/database/base"


@plant(
    PI,
    Fault("consumed-key-missing", f"{ORDERS}/deployment.yaml", "key: ORDER_SERVICE_CLIENT_SECRET"),
)
def secret_key_renamed_that_a_deployment_uses(tree: Tree) -> None:
    tree.replace(
        ORDER_SECRETS, "secretKey: ORDER_SERVICE_CLIENT_SECRET", "secretKey: CLIENT_SECRET"
    )


@plant(
    PI,
    Fault(
        "consumed-secret-not-found",
        f"{ORDERS}/deployment.yaml",
        "name: order-service-db-secret",
        "warning",
    ),
    slow=True,
)
def target_renamed_whose_deployment_stays(tree: Tree) -> None:
    tree.replace(
        ORDER_SECRETS,
        "target:\n    name: order-service-db-secret",
        "target:\n    name: order-service-database-secret",
    )


@plant(
    PI,
    Fault(
        "consumed-key-missing",
        f"{GRAFANA}/components/elasticsearch/grafana-datasource.yaml",
        "key: elasticsearch-username",
    ),
    slow=True,
)
def secret_key_removed_that_a_component_uses(tree: Tree) -> None:
    tree.replace(
        f"{GRAFANA}/base/grafana-externalsecret.yaml",
        """\
  - secretKey: elasticsearch-username
    remoteRef:
      key: elastic/grafana
      property: username
""",
        "",
    )


@plant(
    PI,
    Fault(
        "consumed-key-missing",
        f"{GRAFANA}/components/sso/grafana-patch.yaml",
        "key: GF_AUTH_GENERIC_OAUTH_CLIENT_ID",
    ),
    slow=True,
)
def secret_key_renamed_that_a_patch_uses(tree: Tree) -> None:
    tree.replace(
        f"{GRAFANA}/components/sso/grafana-env-externalsecret.yaml",
        "secretKey: GF_AUTH_GENERIC_OAUTH_CLIENT_ID",
        "secretKey: GF_AUTH_GENERIC_OAUTH_CLIENTID",
    )


@plant(
    PI,
    Fault("consumed-key-missing", f"{DATABASE}/postgres-cluster.yaml", "key: AWS_ACCESS_KEY_ID"),
    slow=True,
)
def template_key_renamed_that_a_database_uses(tree: Tree) -> None:
    tree.replace(
        f"{DATABASE}/postgres-externalsecret.yaml",
        "        AWS_ACCESS_KEY_ID:",
        "        ACCESS_KEY_ID:",
    )


@plant(PI, each("store-not-found", "name: vault-backed", ORDERS), slow=True)
def store_misspelt_in_one_base(tree: Tree) -> None:
    tree.replace(ORDER_SECRETS, "vault-backend", "vault-backed", count=3)


@plant(
    PI,
    Fault(
        "refresh-interval-zero",
        f"{SHOP}/order-service/overlays/prod/patch.yaml",
        "value: 0s",
        "warning",
    ),
    skipped=(),
    slow=True,
)
def refresh_interval_zero_by_an_overlay(tree: Tree) -> None:
    overlay = f"{SHOP}/order-service/overlays/prod"
    tree.append(
        f"{overlay}/kustomization.yaml",
        """\
patches:
  - path: patch.yaml
    target:
      kind: ExternalSecret
      name: order-service-db-secret
""",
    )
    tree.write(
        f"{overlay}/patch.yaml", "- op: replace\n  path: /spec/refreshInterval\n  value: 0s\n"
    )


@plant(
    PI,
    Fault(
        "refresh-interval-zero",
        f"{PROD}/apps/e-commerce-app.yaml",
        "refreshInterval: 0s",
        "warning",
    ),
)
def refresh_interval_zero_by_a_flux_patch(tree: Tree) -> None:
    patched(
        tree,
        """\
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata:
          name: order-service-db-secret
        spec:
          refreshInterval: 0s
""",
    )


@plant(
    PI,
    Fault("unknown-field", f"{PROD}/apps/e-commerce-app.yaml", "refreshIntervall: 1h"),
    slow=True,
)
def unknown_field_in_a_flux_patch(tree: Tree) -> None:
    patched(
        tree,
        """\
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata:
          name: order-service-db-secret
        spec:
          refreshIntervall: 1h
""",
    )


def patched(tree: Tree, patch: str) -> None:
    """Let the Flux Kustomization of the shop's applications patch what it deploys."""
    path = f"{PROD}/apps/e-commerce-app.yaml"
    written = "  path: ./kubernetes/apps/e-commerce/app/overlays/prod\n"
    tree.replace(path, written, f"{written}  patches:\n    - patch: |\n{patch}")


@plant(
    PI,
    Fault(
        "flux-substitution-eats-value",
        f"{DATABASE}/postgres-externalsecret.yaml",
        "AWS_ENDPOINTS:",
        "warning",
    ),
    slow=True,
)
def variable_misspelt_under_post_build(tree: Tree) -> None:
    tree.replace(f"{DATABASE}/postgres-externalsecret.yaml", "${S3_SERVER}", "${S3_SEVER}")


@plant(
    PI,
    Fault(
        "target-collision",
        f"{SHOP}/product-service/base/external-secrets.yaml",
        "target:\n    name: order-service-db-secret",
    ),
    # Who read what it wrote before goes without.
    Fault(
        "consumed-secret-not-found",
        f"{SHOP}/product-service/base/deployment.yaml",
        "name: product-service-mongodb-secret",
        "warning",
    ),
    Fault(
        "consumed-secret-not-found",
        f"{SHOP}/product-service/base/mongo-seed-job.yaml",
        "name: product-service-mongodb-secret",
        "warning",
    ),
    slow=True,
)
def two_bases_of_one_namespace_write_one_secret(tree: Tree) -> None:
    path = f"{SHOP}/product-service/base/external-secrets.yaml"
    text = tree.text(path)
    tree.write(
        path,
        re.sub(
            r"target:\n    name: \S+", "target:\n    name: order-service-db-secret", text, count=1
        ),
    )


@plant(PI, Fault("manifest-not-deployed", ORDER_SECRETS, 7, "info"), slow=True)
def secrets_left_out_of_a_base(tree: Tree) -> None:
    tree.replace(f"{ORDERS}/kustomization.yaml", "  - external-secrets.yaml\n", "")


# Where the namespaces are written that such an installation does not look after.
OUTSIDE = (
    ("apps/e-commerce-app.yaml", 10),
    ("apps/e-commerce-app.yaml", 108),
    ("apps/e-commerce-app.yaml", 34),
    ("apps/e-commerce-app.yaml", 82),
    ("infra/cert-manager-app.yaml", 46),
    ("infra/cilium-app.yaml", 10),
    ("infra/elastic-stack-app.yaml", 96),
    ("infra/external-dns-app.yaml", 9),
    ("infra/fluent-app.yaml", 33),
    ("infra/grafana-app.yaml", 31),
    ("infra/kiali-app.yaml", 9),
    ("infra/kube-prometheus-stack-app.yaml", 25),
    ("infra/loki-app.yaml", 10),
    ("infra/longhorn-app.yaml", 10),
    ("infra/otel-collector-app.yaml", 9),
    ("infra/tempo-app.yaml", 9),
    ("infra/velero-app.yaml", 9),
)


@plant(
    PI,
    Fault("kind-not-reconciled", VAULT, "kind: ClusterSecretStore"),
    *(Fault("kind-not-reconciled", f"kubernetes/clusters/prod/{path}", n) for path, n in OUTSIDE),
    slow=True,
)
def scoped_by_values_of_an_overlay(tree: Tree) -> None:
    tree.append(
        "kubernetes/platform/external-secrets/app/overlays/prod/values.yaml",
        "scopedRBAC: true\nscopedNamespace: external-secrets\n",
    )


def of_v1_here(tree: Tree) -> list[Fault]:
    """Return the objects of v1: all but one in a folder that nothing takes in."""
    return [f for f in versions(tree) if "/externalnodes-monitoring/" not in f.path]


@plant(PI, of_v1_here, slow=True)
def chart_too_old(tree: Tree) -> None:
    tree.replace(
        "kubernetes/platform/external-secrets/app/base/helm.yaml",
        "version: 2.9.0",
        "version: 0.15.0",
    )


@plant(
    PI, each("store-kind-mismatch", "name: vault-backend\n    kind: SecretStore", SHOP), slow=True
)
def store_kinds_changed(tree: Tree) -> None:
    tree.everywhere("    kind: ClusterSecretStore", "    kind: SecretStore", SHOP)


@plant(PI, Fault("store-kind-mismatch", ORDER_SECRETS, 11), slow=True)
def kind_removed_by_a_json_patch(tree: Tree) -> None:
    overlay = f"{SHOP}/order-service/overlays/prod/kustomization.yaml"
    tree.append(
        overlay,
        """\
patches:
  - target:
      kind: ExternalSecret
      name: order-service-db-secret
    patch: |
      - op: remove
        path: /spec/secretStoreRef/kind
""",
    )


# Three clusters over one base

MISO = "joryirving__home-ops"
BASE = "kubernetes/apps/base"
ONEPASSWORD = f"{BASE}/external-secrets/onepassword-connect/clustersecretstore.yaml"


def consumers_on(cluster: str) -> Found:
    """Return what uses the only store of the repository on one of its clusters."""

    def faults(tree: Tree) -> list[Fault]:
        folders = {"kubernetes/components/namespace"}
        for path in tree.paths(f"kubernetes/apps/{cluster}"):
            folders.update(re.findall(r"path: \./(kubernetes/apps/base/\S+)", tree.text(path)))
        found: set[Fault] = set()
        for folder in folders:
            found.update(each("store-not-found", "name: onepassword\n", folder)(tree))
        return [fault for fault in found if "/onepassword-connect/" not in fault.path]

    return faults


@plant(MISO, consumers_on("test"), slow=True)
def store_missing_on_one_cluster(tree: Tree) -> None:
    path = "kubernetes/apps/test/external-secrets/kustomization.yaml"
    tree.replace(path, "  - ./onepassword-connect.yaml\n", "")


@plant(
    MISO,
    Fault(
        "generator-not-found",
        f"{BASE}/renovate/renovate-jobs/joryirving.yaml",
        "name: smurf-bot-auth",
    ),
    slow=True,
)
def generator_renamed(tree: Tree) -> None:
    path = f"{BASE}/renovate/renovate-jobs/joryirving.yaml"
    tree.replace(
        path,
        "kind: GithubAccessToken\nmetadata:\n  name: smurf-bot-auth-token",
        "kind: GithubAccessToken\nmetadata:\n  name: smurf-bot-token",
    )


@plant(
    MISO,
    Fault(
        "generator-kind-mismatch",
        f"{BASE}/renovate/renovate-jobs/joryirving.yaml",
        "kind: Password",
    ),
    slow=True,
)
def generator_kind_changed(tree: Tree) -> None:
    path = f"{BASE}/renovate/renovate-jobs/joryirving.yaml"
    tree.replace(path, "          kind: GithubAccessToken", "          kind: Password")


@plant(
    MISO,
    # One place, for all applications that have the component, and an alias repeats it.
    Fault("consumed-key-missing", "kubernetes/components/postgres/cluster.yaml", 58),
    slow=True,
)
def key_renamed_that_a_component_uses(tree: Tree) -> None:
    tree.replace("kubernetes/components/postgres/externalsecret.yaml", "AWS_REGION:", "REGION:")


@plant(
    MISO,
    Fault(
        "secret-type-keys", "kubernetes/apps/main/network/cert-sync.yaml", "type: kubernetes.io/tls"
    ),
    slow=True,
)
def type_that_needs_other_keys(tree: Tree) -> None:
    tree.replace(
        "kubernetes/apps/main/network/cert-sync.yaml", "kubernetes.io/ssh-auth", "kubernetes.io/tls"
    )


# Argo CD and kustomize: SecretStores that overlays put into each namespace

FIRST = "operate-first__apps"
SMAUG = "cluster-scope/overlays/prod/moc/smaug"
STORES = f"{SMAUG}/secret-mgmt"
MONITORED = "grafana/overlays/moc/smaug"
MONITORED_SECRETS = f"{MONITORED}/externalsecrets"
METADATA = "openmetadata/overlays/osc/osc-cl1"


@plant(
    FIRST, each("store-in-other-namespace", "name: opf-vault-store", MONITORED_SECRETS), slow=True
)
def namespace_of_an_overlay_changed(tree: Tree) -> None:
    tree.replace(
        f"{MONITORED}/kustomization.yaml", "namespace: opf-monitoring", "namespace: opf-monitor"
    )


@plant(
    FIRST,
    each("store-in-other-namespace", "name: opf-vault-store", MONITORED_SECRETS),
    missed="a folder that nobody deploys may be applied by hand",
    slow=True,
)
def store_of_a_namespace_left_out(tree: Tree) -> None:
    tree.replace(f"{STORES}/kustomization.yaml", "- opf-monitoring\n", "")


@plant(
    FIRST,
    Fault(
        "store-kind-mismatch",
        f"{MONITORED_SECRETS}/oauth-client-secret.yaml",
        "kind: ClusterSecretStore",
    ),
    slow=True,
)
def namespaced_store_named_as_a_cluster_store(tree: Tree) -> None:
    tree.replace(
        f"{MONITORED_SECRETS}/oauth-client-secret.yaml",
        "kind: SecretStore",
        "kind: ClusterSecretStore",
    )


@plant(
    FIRST,
    Fault(
        "service-account-not-found",
        f"{STORES}/base/opf-vault-store.yaml",
        "name: vault-secret-fetcher",
        "warning",
    ),
    profile="strict",
    slow=True,
    missed="its file is still there, and somebody may apply it by hand",
)
def service_account_of_a_store_deleted(tree: Tree) -> None:
    tree.replace(f"{STORES}/base/kustomization.yaml", "- vault-secret-fetcher.yaml\n", "")


@plant(
    FIRST,
    Fault(
        "template-source-not-found",
        f"{METADATA}/externalsecrets/dex-provider-cfg.yaml",
        "name: dex-provider-cfg-template",
        "warning",
    ),
    slow=True,
    missed="another overlay, of another cluster, makes it",
)
def template_generator_removed(tree: Tree) -> None:
    text = tree.text(f"{METADATA}/configmaps/kustomization.yaml")
    assert "dex-provider-cfg-template" in text
    tree.write(
        f"{METADATA}/configmaps/kustomization.yaml",
        text.replace("dex-provider-cfg-template", "dex-provider"),
    )


@plant(
    FIRST,
    Fault(
        "template-source-not-found",
        f"{METADATA}/externalsecrets/dex-provider-cfg.yaml",
        "- key: dex_provider_config.json",
        "warning",
    ),
    slow=True,
)
def template_key_misspelt(tree: Tree) -> None:
    tree.replace(
        f"{METADATA}/externalsecrets/dex-provider-cfg.yaml",
        "- key: dex_provider_cfg.json",
        "- key: dex_provider_config.json",
    )


@plant(
    FIRST,
    Fault(
        "kustomize-name-not-followed",
        f"{METADATA}/externalsecrets/dex-provider-cfg.yaml",
        "name: dex-provider-cfg-template",
    ),
    slow=True,
)
def template_that_gets_a_hash(tree: Tree) -> None:
    tree.replace(
        f"{METADATA}/configmaps/kustomization.yaml",
        "disableNameSuffixHash: true",
        "disableNameSuffixHash: false",
    )


@plant(
    FIRST,
    Fault(
        "target-collision",
        f"{MONITORED_SECRETS}/oauth-client-secret.yaml",
        "target:\n    name: grafana-secret-config",
    ),
    slow=True,
)
def two_of_one_kustomization_write_one_secret(tree: Tree) -> None:
    tree.replace(
        f"{MONITORED_SECRETS}/oauth-client-secret.yaml",
        "target:\n    name: oauth-client-secret",
        "target:\n    name: grafana-secret-config",
    )


@plant(
    FIRST,
    Fault(
        "manifest-not-deployed",
        f"{MONITORED_SECRETS}/oauth-client-secret.yaml",
        "metadata:\n  name: oauth-client-secret",
        "info",
    ),
    slow=True,
)
def secret_left_out_of_an_overlay(tree: Tree) -> None:
    tree.replace(f"{MONITORED_SECRETS}/kustomization.yaml", "  - oauth-client-secret.yaml\n", "")


@plant(FIRST, skipped=[(f"{MONITORED}/route_patch.yaml", "kustomization")], slow=True)
def malformed_patch(tree: Tree) -> None:
    tree.write(f"{MONITORED}/route_patch.yaml", "- op: fly\n  path: /spec\n")


# Plain manifests, one folder for each cluster of Argo CD

PROW = "knative__infra"
BUILD = "prow/cluster/build/secrets.yaml"
CONTROL = "prow/cluster/control-plane/600-external_secrets.yaml"
TRUSTED = "prow/cluster/trusted/secrets.yaml"


@plant(PROW, Fault("store-not-found", TRUSTED, "kind: ClusterSecretStore\n    name: perf-tests"))
def store_of_another_cluster(tree: Tree) -> None:
    tree.replace(
        TRUSTED,
        "kind: ClusterSecretStore\n    name: knative-tests",
        "kind: ClusterSecretStore\n    name: perf-tests",
    )


@plant(PROW, Fault("store-not-found", TRUSTED, "kind: ClusterSecretStore\n    name: knative-tests"))
def only_store_of_a_cluster_deleted(tree: Tree) -> None:
    text = tree.text(TRUSTED)
    tree.write(TRUSTED, text[text.index("---\n") + 4 :])


@plant(
    PROW,
    Fault("removed-api-version", TRUSTED, 1, "error"),
    Fault("removed-api-version", TRUSTED, 10, "error"),
)
def operator_too_new_for_the_version(tree: Tree) -> None:
    tree.replace("prow/cluster/gitops/apps/eso-trusted.yaml", "v0.9.9", "v2.1.0")


@plant(PROW, Fault("target-collision", BUILD, 181))
def two_of_one_file_with_one_target(tree: Tree) -> None:
    tree.replace(
        BUILD, "target:\n    name: influx-url-secret", "target:\n    name: influx-token-secret"
    )


@plant(
    PROW, Fault("duplicate-key", TRUSTED, "refreshInterval: 30m\n  refreshInterval: 1h"), slow=True
)
def duplicate_interval(tree: Tree) -> None:
    tree.replace(TRUSTED, "refreshInterval: 30m\n", "refreshInterval: 30m\n  refreshInterval: 1h\n")


@plant(PROW, Fault("yaml-syntax", TRUSTED, "  namespace: test-pods"))
def broken_yaml(tree: Tree) -> None:
    tree.replace(
        TRUSTED, "metadata:\n  name: prow-kubeconfig", "metadata: {\n  name: prow-kubeconfig"
    )


@plant(PROW, Fault("unknown-field", TRUSTED, "refreshIntervall: 30m"))
def misspelt_field(tree: Tree) -> None:
    tree.replace(TRUSTED, "refreshInterval: 30m", "refreshIntervall: 30m")


@plant(PROW, Fault("invalid-enum-value", TRUSTED, "creationPolicy: owner"))
def wrong_case_of_a_policy(tree: Tree) -> None:
    tree.replace(TRUSTED, "creationPolicy: Owner", "creationPolicy: owner")


# Packages of an internal platform: generators, the kubernetes provider, a Job that makes Secrets

CNOE = "cnoe-io__reference-implementation-aws"
BACKSTAGE = "packages/backstage/manifests/external-secrets.yaml"
DEFAULT_CERT = "packages/cert-manager/path-routing/cluster-secret-store.yaml"


@plant(CNOE, Fault("generator-not-found", BACKSTAGE, 'name: "postgres-password"'), slow=True)
def generator_deleted(tree: Tree) -> None:
    tree.replace(
        BACKSTAGE,
        "kind: Password\nmetadata:\n  name: postgres-password",
        "kind: Password\nmetadata:\n  name: postgres",
    )


@plant(CNOE, Fault("generator-kind-mismatch", BACKSTAGE, "kind: UUID"))
def generator_kind_wrong(tree: Tree) -> None:
    tree.replace(BACKSTAGE, "        kind: Password", "        kind: UUID")


@plant(
    CNOE,
    Fault(
        "service-account-not-found",
        DEFAULT_CERT,
        "auth:\n        serviceAccount:\n          name: eso-store",
        "warning",
    ),
    profile="strict",
    missed="an ApplicationSet may make anything anywhere",
)
def service_account_deleted(tree: Tree) -> None:
    text = tree.text(DEFAULT_CERT)
    tree.write(DEFAULT_CERT, text[text.index("---\n") + 4 :])


@plant(
    CNOE,
    Fault(
        "store-not-found",
        BACKSTAGE,
        78,
    ),
)
def store_with_a_slip(tree: Tree) -> None:
    tree.replace(BACKSTAGE, "name: aws-secretsmanager", "name: aws-secretmanager")


@plant(
    CNOE,
    Fault("cluster-store-ref-namespace", DEFAULT_CERT, "auth:\n        serviceAccount:", "warning"),
)
def reference_without_a_namespace(tree: Tree) -> None:
    tree.replace(
        DEFAULT_CERT,
        "          name: eso-store\n          namespace: cert-manager",
        "          name: eso-store",
    )


@plant(
    CNOE,
    Fault(
        "kubernetes-store-rbac",
        DEFAULT_CERT,
        "auth:\n        serviceAccount:\n          name: eso-store",
    ),
)
def role_that_may_not_read(tree: Tree) -> None:
    tree.replace(DEFAULT_CERT, "      - get\n      - list\n      - watch\n", "      - list\n")


# Helm charts that Argo CD deploys

CHARTS = "khuedoan__homelab"


@plant(
    CHARTS, Fault("store-not-found", "platform/dex/templates/secret.yaml", "name: global-secret")
)
def store_misspelt_in_a_chart(tree: Tree) -> None:
    tree.replace(
        "platform/dex/templates/secret.yaml", "name: global-secrets", "name: global-secret"
    )


@plant(
    CHARTS,
    Fault("store-kind-mismatch", "platform/dex/templates/secret.yaml", "name: global-secrets"),
    slow=True,
)
def store_kind_left_out_in_a_chart(tree: Tree) -> None:
    tree.replace("platform/dex/templates/secret.yaml", "    kind: ClusterSecretStore\n", "")


@plant(
    CHARTS,
    Fault("unknown-field", "platform/dex/templates/secret.yaml", "secretKeys: KANIDM_CLIENT_ID"),
)
def misspelt_field_in_a_chart(tree: Tree) -> None:
    tree.replace(
        "platform/dex/templates/secret.yaml",
        "secretKey: KANIDM_CLIENT_ID",
        "secretKeys: KANIDM_CLIENT_ID",
    )


GOVUK = "alphagov__govuk-helm-charts"


@plant(
    GOVUK,
    Fault(
        "store-not-found",
        "charts/external-secrets/templates/bouncer/postgres.yaml",
        "name: aws-secretmanager",
    ),
    slow=True,
)
def store_misspelt_in_one_of_many_charts(tree: Tree) -> None:
    path = "charts/external-secrets/templates/bouncer/postgres.yaml"
    text = tree.text(path)
    tree.write(
        path,
        re.sub(r"(secretStoreRef:\n(?:    .*\n)*?    name: )\S+", r"\1aws-secretmanager", text),
    )


# What cannot be rendered is told, and nothing is claimed about it


@plant(LAB, skipped=[(f"{APPS}/default/radarr/app/kustomization.yaml", "kustomization")], slow=True)
def resource_outside_the_root(tree: Tree) -> None:
    tree.append(
        f"{APPS}/default/radarr/app/kustomization.yaml", "  - ../../../../../../elsewhere\n"
    )


@plant(LAB, skipped=[(f"{APPS}/default/radarr/app/kustomization.yaml", "kustomization")])
def bases_in_a_circle(tree: Tree) -> None:
    tree.append(f"{APPS}/default/radarr/app/kustomization.yaml", "  - ../app\n")


@plant(LAB, skipped=[(f"{APPS}/default/radarr/app/kustomization.yaml", "kustomization")], slow=True)
def patch_of_nothing(tree: Tree) -> None:
    tree.append(
        f"{APPS}/default/radarr/app/kustomization.yaml",
        "patches:\n  - target: {kind: ExternalSecret}\n    patch: '- op: fly'\n",
    )


@plant(LAB)
def links_in_a_circle(tree: Tree) -> None:
    tree.link(f"{APPS}/default/radarr/app/again", "../app")


# Changes that do no harm


@plant(LAB, Fault("cluster-store-without-conditions", STORE, "\nspec:", "warning"))
def store_renamed_everywhere(tree: Tree) -> None:
    tree.everywhere(r"(name: )onepassword-connect\n(?=spec:\n  provider)", r"\1vault\n", APPS)
    tree.everywhere(r"(kind: ClusterSecretStore\n\s+name: )onepassword-connect\n", r"\1vault\n")
    tree.everywhere(r"(- name: )onepassword-connect(\n\s+kind: ClusterSecretStore)", r"\1vault\2")


@plant(LAB)
def file_moved_with_its_entry(tree: Tree) -> None:
    tree.move(RADARR, f"{APPS}/default/radarr/app/secrets/external.yaml")
    path = f"{APPS}/default/radarr/app/kustomization.yaml"
    tree.replace(path, "./externalsecret.yaml", "./secrets/external.yaml")


@plant(LAB, slow=True)
def consumer_added(tree: Tree) -> None:
    planted_app(tree, externalsecret=SECRET)


@plant(LAB)
def manifests_in_a_list(tree: Tree) -> None:
    items = "".join(
        "  - " + text.strip().replace("\n", "\n    ") + "\n" for text in (SECRET, READER)
    )
    planted_app(tree, all=f"apiVersion: v1\nkind: List\nitems:\n{items}")


@plant(LAB)
def manifests_as_json(tree: Tree) -> None:
    as_json = json.dumps(yaml.safe_load(tree.text(RADARR)), indent=2)
    tree.write(RADARR, as_json)


@plant(PI, slow=True)
def documents_in_another_order(tree: Tree) -> None:
    documents = tree.text(ORDER_SECRETS).split("---\n")
    tree.write(ORDER_SECRETS, "---\n".join([documents[0], *reversed(documents[1:])]))


@plant(LAB, slow=True)
def unrelated_chart(tree: Tree) -> None:
    tree.write("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
    tree.write("charts/web/values.yaml", "secretName: web-secret\n")
    tree.write(
        "charts/web/templates/deployment.yaml",
        READER.replace("planted-secret", "{{ .Values.secretName }}"),
    )


@plant(LAB)
def optional_readers(tree: Tree) -> None:
    reader = READER.replace(
        "                  key: password\n",
        "                  key: pass\n                  optional: true\n",
    ).replace(
        "            secretName: planted-secret\n"
        "            items:\n              - key: username\n",
        "            secretName: planted-secret\n            optional: true\n            items:\n"
        "              - key: user\n",
    )
    planted_app(tree, externalsecret=SECRET, deployment=reader)


@plant(LAB)
def suppressed(tree: Tree) -> None:
    tree.replace(
        RADARR,
        "name: onepassword-connect\n",
        "name: onepassword-conect # esolint: ignore[store-not-found] made by hand\n",
    )


@plant(LAB)
def secret_of_an_operator(tree: Tree) -> None:
    certificate = """\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: planted
spec:
  secretName: planted-tls
  dnsNames:
    - planted.example.org
  issuerRef:
    kind: ClusterIssuer
    name: letsencrypt-production
"""
    database = """\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: planted
spec:
  instances: 1
  storage:
    size: 1Gi
"""
    reader = READER.replace("secretName: planted-secret", "secretName: planted-tls")
    reader = reader.replace("- key: username", "- key: tls.crt").replace(
        "name: planted-secret", "name: planted-app"
    )
    secret = SECRET.replace("planted-secret", "planted-apps")
    planted_app(
        tree, externalsecret=secret, certificate=certificate, database=database, deployment=reader
    )


@plant(PI, slow=True)
def second_cluster(tree: Tree) -> None:
    path = "kubernetes/clusters/dev/infra"
    for name in ("external-secrets-app",):
        text = tree.text(f"{PROD}/infra/{name}.yaml").replace("overlays/prod", "overlays/dev")
        tree.write(f"{path}/{name}.yaml", text)
        tree.append(f"{path}/kustomization.yaml", f"  - {name}.yaml\n")


@plant(FIRST, slow=True)
def namespace_moved_with_its_store(tree: Tree) -> None:
    tree.replace(
        f"{MONITORED}/kustomization.yaml", "namespace: opf-monitoring", "namespace: opf-trino"
    )


@plant(LAB, slow=True)
def prefix_over_a_workload_and_its_secret(tree: Tree) -> None:
    secret = SECRET.replace("  target:\n    name: planted-secret\n", "")
    reader = READER.replace("planted-secret", "my-planted")
    planted_app(tree, externalsecret=secret, deployment=reader)
    tree.append(f"{PLANTED}/app/kustomization.yaml", "namePrefix: my-\n")


@plant(LAB, slow=True)
def secrets_of_one_name_in_two_namespaces(tree: Tree) -> None:
    planted_app(tree, externalsecret=SECRET)
    tree.write(f"{APPS}/network/certificates/import/planted.yaml", SECRET)
    tree.append(f"{APPS}/network/certificates/import/kustomization.yaml", "  - ./planted.yaml\n")


@plant(LAB, slow=True)
def conditions_that_admit_all_who_ask(tree: Tree) -> None:
    names = sorted(p.name for p in tree.root.joinpath(APPS).iterdir() if p.is_dir())
    lines = "".join(f"        - {name}\n" for name in names)
    tree.append(STORE, f"  conditions:\n    - namespaces:\n{lines}")
