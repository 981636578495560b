"""What the cluster takes, with something in it removed, renamed or of another type.

Whatever is made of it, a run ends with a verdict, and each finding points at what is there.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from esolint.config import active_rules
from esolint.rule import load_rules
from esolint.run import Request, run
from esolint.schema import packaged
from esolint.value import Route, Value, at, exists

COUNT = 1200
OTHER_TYPES: list[Value] = [None, True, 3, -1, 2**31, 1.5, "", "a b", [], [None], {}, {"a": "b"}]


def accepted(oracle: Path) -> Iterator[dict[str, Any]]:
    """Yield the manifests of one object that API server and webhook took."""
    for line in (oracle / "mutants.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["accepted"] and entry["webhook"] != "reject":
            found = yaml.load(entry["manifest"], Loader=yaml.CSafeLoader)
            if isinstance(found, dict):
                yield found


def routes(value: Value, route: Route = ()) -> Iterator[Route]:
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for step, item in inner:
        yield (*route, step)
        yield from routes(item, (*route, step))


def mutated(value: Any, route: Route, pick: random.Random) -> Any:
    """Return a copy with what stands at `route` removed, renamed, or of another type."""
    copy = json.loads(json.dumps(value, default=str))
    above, last = at(copy, route[:-1]), route[-1]
    way = pick.choice(["remove", "rename", "retype"])
    if way == "retype":
        above[last] = pick.choice(OTHER_TYPES)
    elif way == "remove" or isinstance(last, int):
        del above[last]
    else:
        inside = list(above.items())
        above.clear()
        above.update((f"{last[1:]}x" if key == last else key, item) for key, item in inside)
    return copy


def test_any_change_gets_a_verdict_at_a_place(shared: Path, tmp_path: Path) -> None:
    pick = random.Random("mutations")
    objects = list(accepted(shared / "oracle"))
    made = {}
    for number in range(COUNT):
        whole = pick.choice(objects)
        value = mutated(whole, pick.choice(list(routes(whole))), pick)
        made[number] = value
        text = yaml.safe_dump(value, sort_keys=False)
        tmp_path.joinpath(f"{number}.yaml").write_text(text, encoding="utf-8")

    rules = active_rules(load_rules(), select=(), ignore=(), profile="strict", options={})
    version = packaged().minors.parse("2.9")
    request = Request([str(tmp_path)], str(tmp_path), rules, "2026-01-01", literal=True)
    result = run(request._replace(eso_versions=[version], profile="strict"))

    nowhere = []
    for diagnostic in result.diagnostics:
        assert diagnostic.rule != "internal-error", diagnostic.message
        value, route = made[int(Path(diagnostic.place.path).stem)], diagnostic.route
        if route is not None and not exists(value, route) and not exists(value, route[:-1]):
            nowhere.append((diagnostic.rule, route, diagnostic.place.path))
    assert nowhere == []
    refused = {d.place.path for d in result.diagnostics if d.layer == "admission"}
    assert COUNT // 2 < len(refused) < COUNT
