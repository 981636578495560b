"""Small kustomizations, each with the files beside it; `o` is what is rendered."""

from __future__ import annotations

CONSUMER = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: es
  labels: {team: a}
spec:
  refreshInterval: 1h
  secretStoreRef: {name: store, kind: SecretStore}
  target: {name: tgt}
  dataFrom: null
  data:
    - secretKey: a
      remoteRef: {key: x}
    - secretKey: b
      remoteRef: {key: why}
"""

STORES = """\
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store, namespace: old}
spec:
  provider:
    kubernetes:
      auth: {serviceAccount: {name: sa}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: cstore}
spec: {provider: {fake: {data: []}}}
"""

CORE = """\
apiVersion: v1
kind: Namespace
metadata: {name: ns1}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa, annotations: {prune: true, num: 012, e: }}
imagePullSecrets: [{name: pull}, {name: other}]
secrets: [{name: s1}, {name: s2}]
---
apiVersion: v1
kind: Secret
metadata: {name: pull}
type: kubernetes.io/dockerconfigjson
stringData: {a: b, t: "yes"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cm, annotations: {}}
data: {k: v, w: "x"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rb}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects:
- {kind: ServiceAccount, name: sa, namespace: ns1}
- {kind: ServiceAccount, name: default, namespace: ns1}
- {kind: User, name: default}
"""

BLANKS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  creationTimestamp:
  annotations:
    e:
    t: ~
data:
  b:
  d: d
extra:
  l:
  - a: null
    b:
  - c
  m: {x: , y1: d}
  f: [{g: , h: d}]
empty:
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa}
secrets:
- name: x
  namespace:
- name: yy
"""

WORKLOADS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      serviceAccountName: sa
      imagePullSecrets: [{name: pull}]
      tolerations: [{key: a}]
      volumes: [{name: v, configMap: {name: cm}}, {name: s, secret: {secretName: pull}}]
      initContainers: [{name: i, image: x}]
      containers:
      - name: c
        image: x
        args: [a, b]
        ports: [{containerPort: 80, name: http}, {containerPort: 80, protocol: UDP}]
        env: [{name: A, value: "1"}, {name: B, valueFrom: {secretKeyRef: {name: pull, key: k}}}]
        envFrom: [{configMapRef: {name: cm}}]
        volumeMounts: [{name: v, mountPath: /v}]
---
apiVersion: v1
kind: Service
metadata: {name: svc}
spec: {selector: {a: b}, ports: [{port: 80, name: http}, {port: 443}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ing, annotations: {nginx.ingress.kubernetes.io/auth-secret: pull}}
spec: {tls: [{secretName: pull}], rules: [{host: a}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r}
rules: [{apiGroups: [""], resources: [secrets], resourceNames: [pull, cm, other], verbs: [get]}]
"""

WORDS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: w
  labels: {a: yes, b: on}
  annotations: {a: yes, d: 2020-01-01, nn: ~, m: null, f: 1.50}
data:
  {a: yes, b: n, c: Off, d: 2020-01-01, e: 010, f: 1e3, g: 0x1F, h: 1_000, i: ~, j: true,
   k: 1.0, l: .5, m: 12:30:45, o: 2020-01-01T10:00:00Z, p: 0o17}
"""

NULLS = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  creationTimestamp: null
  name: es
  labels: {team: a}
spec:
  refreshInterval: 1h
  secretStoreRef: {name: store, kind: SecretStore}
  target: {name: tgt}
  dataFrom: null
  data:
    - secretKey: a
      remoteRef: {key: x}
    - secretKey: b
      remoteRef: {key: why}
  nest: {a: null, b: {c: null, d: []}, e: {}, f: []}
status: null
"""

EVERYTHING = CORE + "---\n" + WORKLOADS

BASE = {
    "b/es.yaml": CONSUMER,
    "b/store.yaml": STORES,
    "b/core.yaml": CORE,
    "b/kustomization.yaml": "resources: [es.yaml, store.yaml, core.yaml]\n",
}

# What differs from the base.
CASES: dict[str, dict[str, str]] = {
    "plain": {
        "o/kustomization.yaml": "resources: [../b]\n",
    },
    "namespace": {
        "o/kustomization.yaml": "resources: [../b]\nnamespace: new\n",
    },
    "prefix": {
        "o/kustomization.yaml": "resources: [../b]\nnamePrefix: p-\nnameSuffix: -s\n",
    },
    "namespace and prefix": {
        "o/kustomization.yaml": "resources: [../b]\nnamespace: new\nnamePrefix: p-\n",
    },
    "labels": {
        "o/kustomization.yaml": """\
resources: [../b]
labels: [{pairs: {x: why, team: z}}]
commonLabels: {c: "1"}
commonAnnotations: {a: "2"}
""",
    },
    "labels with selectors": {
        "o/kustomization.yaml": """\
resources: [../b]
labels:
- pairs: {x: why}
  includeSelectors: true
- pairs: {q: why}
  includeTemplates: true
- pairs: {fld: "1"}
  fields: [{path: spec/target/template/metadata/labels, kind: ExternalSecret, create: true}]
""",
    },
    "merge custom list": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |-
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: es, labels: {l: m}}
    spec:
      refreshInterval: null
      target: {creationPolicy: Owner}
      data:
      - secretKey: c
        remoteRef: {key: z}
""",
    },
    "merge with target": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: ExternalSecret|SecretStore, name: "e.*|st.*"}
  patch: |
    apiVersion: foo/v9
    kind: Any
    metadata: {name: whatever, namespace: ignored, annotations: {q: r}}
    spec: {extra: {a: null, b: {c: null, d: 1}, e: {}}}
""",
    },
    "delete object": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |
    $patch: delete
    apiVersion: external-secrets.io/v1
    kind: SecretStore
    metadata: {name: store, namespace: old}
""",
    },
    "delete by target": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: Secret}
  patch: |
    $patch: delete
    apiVersion: v1
    kind: Secret
    metadata: {name: x}
""",
    },
    "replace object": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: SecretStore}
  patch: |
    $patch: replace
    apiVersion: external-secrets.io/v1
    kind: SecretStore
    metadata: {name: x, labels: {nn: m}}
    spec: {provider: {fake: {}}}
""",
    },
    "replace mapping": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: SecretStore}
  patch: |
    apiVersion: external-secrets.io/v1
    kind: SecretStore
    metadata: {name: x}
    spec:
      provider:
        $patch: replace
        fake: {data: []}
""",
    },
    "delete mapping": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: ExternalSecret}
  patch: |
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: x}
    spec:
      target:
        $patch: delete
      other:
        $patch: delete
""",
    },
    "service account lists": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: sa, finalizers: [a]}
    secrets: [{name: s2, namespace: q}, {name: s3}]
    imagePullSecrets: [{name: third}]
""",
    },
    "delete list item": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: sa}
    secrets: [{name: s2, $patch: delete}]
""",
    },
    "several documents": {
        "o/kustomization.yaml": "resources: [../b]\npatches:\n- path: p.yaml\n",
        "o/p.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: cm}
data: {k: "1"}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa, labels: {z: z}}
""",
    },
    "several inline documents": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: cm}
    data: {k: "1"}
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: sa, labels: {z: z}}
""",
    },
    "json patch": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: ExternalSecret}
  patch: |
    - {op: replace, path: /spec/data/0/remoteRef/key, value: changed}
    - {op: add, path: /spec/data/-, value: {secretKey: nn, remoteRef: {key: k}}}
    - {op: add, path: /spec/data/0, value: {secretKey: first}}
    - {op: remove, path: /spec/data/1}
    - {op: add, path: /metadata/annotations/a~1b, value: "1"}
    - {op: move, from: /spec/target/name, path: /spec/target/moved}
    - {op: copy, from: /spec/secretStoreRef, path: /spec/copied}
    - {op: test, path: /spec/refreshInterval, value: 1h}
""",
    },
    "json patch of a name": {
        "o/kustomization.yaml": """\
resources: [../b]
namePrefix: p-
patches:
- target: {kind: Secret, name: pull}
  patch: |
    - {op: replace, path: /metadata/name, value: fresh}
""",
    },
    "json patch negative index": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: ExternalSecret}
  patch: |
    - {op: replace, path: /spec/data/-1/secretKey, value: last}
""",
    },
    "json patch file": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- {path: p.json, target: {group: external-secrets.io, version: v1, kind: ExternalSecret, name: es}}
""",
        "o/p.json": '[{"op": "replace", "path": "/spec/refreshInterval", "value": "2h"}]',
    },
    "patchesJson6902": {
        "o/kustomization.yaml": """\
resources: [../b]
namespace: n2
patchesJson6902:
- target: {group: external-secrets.io, version: v1, kind: ExternalSecret, name: es}
  patch: |-
    - {op: replace, path: /metadata/namespace, value: other}
""",
    },
    "patchesStrategicMerge": {
        "o/kustomization.yaml": """\
resources: [../b]
namespace: n2
patchesStrategicMerge:
- p.yaml
- |-
  apiVersion: v1
  kind: Secret
  metadata: {name: pull}
  stringData: {a: null, c: d}
""",
        "o/p.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: cm}
data: {k: "1"}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa}
imagePullSecrets: []
""",
    },
    "label selector": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {labelSelector: "team in (a,b),!absent"}
  patch: |
    - {op: add, path: /spec/x, value: 1}
""",
    },
    "annotation selector": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {annotationSelector: "prune=true"}
  patch: |
    - {op: add, path: /x, value: 1}
""",
    },
    "namespace selector": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {namespace: old}
  patch: |
    - {op: add, path: /x, value: 1}
- target: {namespace: default}
  patch: |
    - {op: add, path: /yy, value: 1}
""",
    },
    "name change": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: Secret}
  options: {allowNameChange: true, allowKindChange: true}
  patch: |
    apiVersion: v1
    kind: Sekret
    metadata: {name: changed}
""",
    },
    "generators": {
        "o/kustomization.yaml": """\
resources: [../b]
namespace: g
generatorOptions: {labels: {gl: x}, annotations: {ga: "y"}}
configMapGenerator:
- name: gen
  literals: [a=b, "q='x y'"]
  files: [f.txt, other.bin=bin.dat]
  envs: [e.env]
- name: fixed
  namespace: own
  options: {disableNameSuffixHash: true, immutable: true, labels: {ol: z}}
  literals: [x=1]
secretGenerator:
- {name: sec, type: t, literals: [k=v], files: [long.txt]}
- {name: sec2, literals: [k=<&>]}
""",
        "o/f.txt": "hello\n",
        "o/bin.dat": "\udcff\udcfe",
        "o/e.env": "# c\nA=1\n  B=two=3\nC\n",
        "o/long.txt": "x" * 200,
    },
    "generator edge lengths": {
        "o/kustomization.yaml": "resources: [../b]\nsecretGenerator:\n"
        + "".join(
            f"- {{name: s{length}, literals: [k={'y' * length}]}}\n"
            for length in (50, 51, 52, 53, 54, 105, 106)
        ),
    },
    "merged generators": {
        "o/kustomization.yaml": """\
resources: [../b]
namePrefix: p-
configMapGenerator:
- {name: cm, behavior: merge, literals: [k=new, n=1]}
secretGenerator:
- {name: pull, behavior: replace, literals: [n=1]}
""",
    },
    "generated secret followed": {
        "o/kustomization.yaml": """\
resources: [../b, sa2.yaml]
secretGenerator:
- {name: gen-pull, literals: [a=b]}
""",
        "o/sa2.yaml": """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: sa2}
imagePullSecrets: [{name: gen-pull}]
""",
    },
    "replacements": {
        "o/kustomization.yaml": """\
resources: [../b]
replacements:
- source: {kind: ConfigMap, name: cm, fieldPath: data.k}
  targets:
  - select: {kind: ExternalSecret}
    fieldPaths:
    - spec.secretStoreRef.name
    - spec.data.*.remoteRef.key
    - spec.data.[secretKey=a].secretKey
- source: {kind: ServiceAccount, name: sa}
  targets:
  - select: {kind: SecretStore}
    reject: [{kind: ClusterSecretStore}]
    fieldPaths: [spec.provider.kubernetes.auth.serviceAccount.name]
  - select: {kind: ExternalSecret}
    fieldPaths: [spec.target.name, metadata.annotations.x]
    options: {create: true}
""",
    },
    "replacement with delimiter": {
        "o/kustomization.yaml": "resources: [../b]\nreplacements:\n- path: r.yaml\n",
        "o/r.yaml": """\
source: {kind: ExternalSecret, fieldPath: spec.data.0.remoteRef.key}
targets:
- select: {kind: SecretStore}
  fieldPaths: [metadata.namespace]
  options: {delimiter: "-", index: 1}
""",
    },
    "replacement keeps types": {
        "b/core.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: num}
data: {num: "8080"}
x: {int: 1, str: "1", bool: 5}
""",
        "o/kustomization.yaml": """\
resources: [../b]
replacements:
- source: {kind: ConfigMap, name: num, fieldPath: data.num}
  targets:
  - select: {kind: ConfigMap, name: num}
    fieldPaths: [x.int, x.str, x.bool]
""",
    },
    "replacements that make fields": {
        "o/kustomization.yaml": """\
resources: [../b]
replacements:
- source: {kind: ExternalSecret, fieldPath: spec.refreshInterval}
  targets:
  - select: {kind: SecretStore}
    fieldPaths: [spec.made.here]
    options: {create: true}
- source: {kind: SecretStore, fieldPath: metadata.name}
  targets:
  - select: {kind: ExternalSecret}
    fieldPaths: [spec.joined, spec.target.name]
    options: {create: true, delimiter: "-", index: 1}
- source: {kind: ConfigMap, fieldPath: number}
  targets:
  - select: {kind: ExternalSecret}
    fieldPaths: [spec.secretStoreRef.name, spec.numbered]
    options: {create: true}
- source: {kind: ConfigMap, fieldPath: mapping}
  targets:
  - select: {kind: ConfigMap}
    fieldPaths: [other]
- source: {kind: ConfigMap, fieldPath: octal}
  targets:
  - select: {kind: ConfigMap}
    fieldPaths: [data.k]
""",
        "b/core.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: cm}
data: {k: v}
number: 8080
octal: 012
mapping: {a: b, c: [d]}
other: {e: f}
""",
    },
    "component": {
        "o/kustomization.yaml": "resources: [../b]\ncomponents: [c]\nnamespace: n3\n",
        "o/c/kustomization.yaml": """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [x.yaml]
namePrefix: c-
patches:
- target: {kind: ExternalSecret}
  patch: |
    - {op: replace, path: /spec/refreshInterval, value: 9h}
""",
        "o/c/x.yaml": """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: fromc}
""",
    },
    "configurations": {
        "b/store.yaml": """\
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store}
spec:
  provider:
    kubernetes:
      auth: {serviceAccount: {name: sa}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: cstore}
spec: {provider: {fake: {data: []}}}
""",
        "o/kustomization.yaml": """\
resources: [../b]
namePrefix: p-
configurations: [k.yaml]
namespace: n9
""",
        "o/k.yaml": """\
nameReference:
- kind: SecretStore
  group: external-secrets.io
  fieldSpecs:
  - {kind: ExternalSecret, path: spec/secretStoreRef/name}
- kind: ServiceAccount
  fieldSpecs:
  - {kind: SecretStore, path: spec/provider/kubernetes/auth/serviceAccount/name}
namespace:
- {path: spec/ns, kind: ExternalSecret, create: true}
""",
    },
    "words": {
        "b/core.yaml": WORDS,
        "o/kustomization.yaml": "resources: [../b]\n",
    },
    "words patched json": {
        "b/core.yaml": WORDS,
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: ConfigMap}
  patch: |
    - {op: add, path: /data/z, value: yes}
    - {op: add, path: /data/yy, value: 2020-01-01}
""",
    },
    "words merged": {
        "b/core.yaml": WORDS,
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: w}
    data: {z: yes, yy: 2020-01-01, i: x}
""",
    },
    "nulls merged": {
        "b/es.yaml": NULLS,
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: es}
    spec: {target: {deletionPolicy: Retain}}
""",
    },
    "nulls untouched": {
        "b/es.yaml": NULLS,
        "o/kustomization.yaml": "resources: [../b]\nnamespace: x\n",
    },
    "nulls json": {
        "b/es.yaml": NULLS,
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: ExternalSecret}
  patch: |
    - {op: add, path: /spec/new, value: null}
""",
    },
    "empty in patch": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: es, annotations: {}}
    spec:
      {target: {}, data: [], new: [], newer: {}, nnn: {o: {p: null}},
       list: [{a: null}, {$patch: delete, b: 1}], type: [1]}
""",
    },
    "scalar over mapping": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: es}
    spec: {target: x}
""",
    },
    "mapping over scalar": {
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: es}
    spec: {refreshInterval: {a: b}}
""",
    },
    "list kinds": {
        "o/kustomization.yaml": "resources: [l.yaml]\nnamespace: q\n",
        "o/l.yaml": """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: a}
- apiVersion: v1
  kind: SecretList
  items:
  - apiVersion: v1
    kind: Secret
    metadata: {name: b}
""",
    },
    "local config": {
        "b/core.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: l, annotations: {config.kubernetes.io/local-config: "true"}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: l2, annotations: {config.kubernetes.io/local-config: "false"}}
""",
        "o/kustomization.yaml": "resources: [../b]\n",
    },
    "build metadata": {
        "o/kustomization.yaml": """\
resources: [../b]
buildMetadata: [originAnnotations, managedByLabel]
""",
    },
    "two levels": {
        "o/kustomization.yaml": """\
namespace: outer
namePrefix: o-
secretGenerator:
- {name: g, behavior: merge, literals: [o=1]}
resources: [../m]
patches:
- patch: |
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: es}
    spec: {level: two}
""",
        "m/kustomization.yaml": """\
namespace: inner
namePrefix: m-
resources: [../b]
secretGenerator:
- {name: g, literals: [m=1]}
""",
    },
    "vars": {
        "b/es.yaml": """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: es
  labels: {team: a}
spec:
  refreshInterval: 1h
  secretStoreRef: {name: store, kind: SecretStore}
  target: {name: tgt}
  dataFrom: null
  data:
    - secretKey: a
      remoteRef: {key: $(V)}
    - secretKey: b
      remoteRef: {key: why}
""",
        "o/kustomization.yaml": """\
resources: [../b]
vars:
- name: V
  objref: {kind: ConfigMap, name: cm, apiVersion: v1}
  fieldref: {fieldpath: data.k}
""",
    },
    "anchors": {
        "b/core.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: &m {name: anc, labels: {a: b}}
data: &d {a: b}
more: {<<: *d, c: d}
same: *d
""",
        "o/kustomization.yaml": "resources: [../b]\n",
    },
    "finalizers": {
        "b/es.yaml": """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  finalizers: [a, b]
  name: es
  labels: {team: a}
spec:
  refreshInterval: 1h
  secretStoreRef: {name: store, kind: SecretStore}
  target: {name: tgt}
  dataFrom: null
  data:
    - secretKey: a
      remoteRef: {key: x}
    - secretKey: b
      remoteRef: {key: why}
""",
        "b/core.yaml": """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: f, finalizers: [a, b]}
""",
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: "ServiceAccount|ExternalSecret"}
  patch: |
    apiVersion: v1
    kind: x
    metadata: {name: x, finalizers: [b, c]}
""",
    },
    "bases": {
        "o/kustomization.yaml": "resources: [../b]\nbases: [../b2]\n",
        "b2/kustomization.yaml": "resources: [x.yaml]\n",
        "b2/x.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n",
    },
    "same name in two namespaces": {
        "b/core.yaml": """\
apiVersion: v1
kind: Secret
metadata: {name: x, namespace: a}
---
apiVersion: v1
kind: Secret
metadata: {name: x, namespace: b}
""",
        "o/kustomization.yaml": "resources: [../b]\nnamespace: one\n",
    },
    "secret key quoting": {
        "b/core.yaml": """\
apiVersion: v1
kind: Secret
metadata: {name: x}
data: {on: eQ==, "yes": eQ==}
""",
        "o/kustomization.yaml": "resources: [../b]\nnamespace: one\n",
    },
    "patch after namespace": {
        "o/kustomization.yaml": """\
resources: [../b]
namespace: one
patches:
- target: {kind: ExternalSecret, namespace: one}
  patch: |
    - {op: add, path: /spec/x, value: 1}
""",
    },
    "dollar in generator": {
        "o/kustomization.yaml": """\
resources: [../b]
configMapGenerator:
- {name: d, literals: ["a=${X}"]}
""",
    },
    "generator in own namespace": {
        "o/kustomization.yaml": """\
resources: [../b]
namespace: z
configMapGenerator:
- {name: cm, namespace: other, literals: [a=1]}
""",
    },
    "blanks": {
        "b/core.yaml": BLANKS,
        "o/kustomization.yaml": "resources: [../b]\nnamespace: z\n",
    },
    "blanks merged": {
        "b/core.yaml": BLANKS,
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: a}
    data: {x: x, e: }
- patch: |
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: sa}
    secrets:
    - name: z
      namespace:
""",
    },
    "blanks json": {
        "b/core.yaml": BLANKS,
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- target: {kind: ConfigMap}
  patch: |
    - {op: add, path: /data/x, value: x}
""",
    },
    "workload merged": {
        "b/core.yaml": EVERYTHING,
        "o/kustomization.yaml": """\
resources: [../b]
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: d}
    spec:
      template:
        spec:
          imagePullSecrets: [{name: second}]
          tolerations: [{key: b}]
          volumes: [{name: w, emptyDir: {}}, {name: v, $patch: delete}]
          initContainers: [{name: j, image: z}]
          containers:
          - name: sidecar
            image: q
          - name: c
            args: [c]
            ports: [{containerPort: 80, protocol: UDP, name: u}]
            env: [{name: B, $patch: delete}, {name: C, value: "3"}, {name: A, value: "2"}]
            volumeMounts: [{name: w, mountPath: /w}]
- patch: |
    apiVersion: v1
    kind: Service
    metadata: {name: svc}
    spec: {ports: [{port: 443, name: tls}, {port: 9}]}
""",
    },
    "references followed": {
        "b/core.yaml": EVERYTHING,
        "o/kustomization.yaml": """\
resources: [../b]
namePrefix: p-
namespace: m
labels: [{pairs: {x: w}, includeSelectors: true}]
commonAnnotations: {q: w}
""",
    },
}
