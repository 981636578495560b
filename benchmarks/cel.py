"""How long an expression takes to compile and to evaluate, beside Google's CEL where it is there.

Run `python benchmarks/cel.py`; microseconds of processor time, the best of five rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from esolint.cel import Holes, compile

SPEC = {
    "refreshInterval": "1h",
    "secretStoreRef": {"name": "vault", "kind": "ClusterSecretStore"},
    "target": {"creationPolicy": "Owner"},
    "data": [
        {"secretKey": f"key{i}", "remoteRef": {"key": f"path/{i}", "property": "p"}}
        for i in range(5)
    ],
}
EXPRESSIONS = (
    "has(spec.refreshInterval)",
    "!has(spec.target) || spec.target.creationPolicy in ['Owner', 'Orphan', 'Merge', 'None']",
    "spec.data.all(d, has(d.remoteRef) && d.remoteRef.key.startsWith('path/'))",
    "duration(spec.refreshInterval) >= duration('1m')",
    "[has(spec.data), has(spec.dataFrom)].filter(x, x == true).size() <= 1",
    "spec.secretStoreRef.name.matches('^[a-z0-9-]+$')",
)


def best(call: Callable[[], Any], times: int = 2000) -> float:
    rounds = []
    for _ in range(5):
        begin = time.process_time()
        for _ in range(times):
            call()
        rounds.append((time.process_time() - begin) / times * 1e6)
    return min(rounds)


def no_hole(variable: str, route: object) -> bool:
    return False


def main() -> None:
    bindings: Any = {"spec": SPEC}
    asked: Holes = no_hole
    try:
        from cel_expr_python import cel
    except ImportError:
        cel = None
    other = cel and cel.NewEnv(variables={"spec": cel.Type.DYN})
    print("compile  evaluate  with holes asked  Google's")
    for text in EXPRESSIONS:
        program = compile(text, ("spec",))
        figures = [
            best(lambda text=text: compile(text, ("spec",)), 300),
            best(lambda program=program: program.evaluate(bindings)),
            best(lambda program=program: program.evaluate(bindings, asked)),
        ]
        if other:
            theirs = other.compile(text)
            activation = other.Activation(bindings)
            figures.append(
                best(lambda theirs=theirs, activation=activation: theirs.eval(activation))
            )
        print("  ".join(f"{figure:7.1f}" for figure in figures), " ", text)


if __name__ == "__main__":
    main()
