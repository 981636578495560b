"""A portable subset of CEL, and more of what Kubernetes' CRDs use, compiled to closures.

    program = compile("!has(spec.a) || spec.a.size() < 10", ["spec"])
    outcome = program.evaluate({"spec": {"a": [1]}})

An outcome is a value, Failed (CEL's errors) or Unknown (the result hangs on a hole).
"""

from __future__ import annotations

from esolint.cel.functions import Duration
from esolint.cel.program import BUDGET, Failed, Holes, Outcome, Program, Unknown, compile
from esolint.cel.syntax import CelError

__all__ = [
    "BUDGET",
    "CelError",
    "Duration",
    "Failed",
    "Holes",
    "Outcome",
    "Program",
    "Unknown",
    "compile",
]
