"""`make bench`, or `python -m benchmarks [NAME...] [--quick] [--json]`.

Every group of figures runs in a process of its own, so that one leaves no memory, threads or garbage to the next.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys

from benchmarks.measure import FULL, QUICK, TINY, Row
from benchmarks.table import Table

GROUPS = {
    "startup": "start-up, forbidden imports, size of the installation",
    "crossing": "one call and its answer, per language and isolation",
    "workers": "starting worker processes, warm and cold",
    "wall": "what the wall costs against inline, and honest spells beside hostile ones",
    "model": "a model call and a stream, against bare httpx2",
    "memory": "what a waiting spell takes",
    "code_mode": "tokens of a task by code that calls tools, against calls one after the other",
    "linear": "cost as the work grows",
    "local": "tokens a second of the local model, against bare xllamacpp",
}
EXTRA = {"soak": "10,000 spells one after the other, in each isolation"}
_SCALES = {"full": FULL, "quick": QUICK, "tiny": TINY}
_MOST_SECONDS = 900


def main() -> int:
    """Print the figures; 1 when one is over its target, or could not be measured for a fault of ours."""
    args = _arguments()
    if args.inside:
        found = importlib.import_module(f"benchmarks.{args.inside}").rows(_SCALES[args.scale])
        print(json.dumps(found))
        return 0
    table = Table() if not args.json else None
    rows: list[Row] = []
    failed = False
    for name in args.names or GROUPS:
        made = _group(name, args.scale)
        failed |= made is None
        rows += made or []
        if table is not None:
            table.add({**GROUPS, **EXTRA}[name], made)
    if args.json:
        print(json.dumps([row._asdict() | {"verdict": row.verdict} for row in rows], indent=1))
    return int(failed or any(row.verdict in ("over", "under") for row in rows))


def _arguments() -> argparse.Namespace:
    groups = "\n".join(f"  {name:9} {what}" for name, what in {**GROUPS, **EXTRA}.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures llmspell beside what it is compared with.\n\n" + groups,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="the groups to run; all but soak without one")
    scales = parser.add_mutually_exclusive_group()
    for scale, what in (("quick", "a tenth of the work"), ("tiny", "only to see that it runs")):
        scales.add_argument(f"--{scale}", dest="scale", action="store_const", const=scale, help=what)
    parser.add_argument("--json", action="store_true", help="one JSON array instead of a table")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.set_defaults(scale="full")
    args = parser.parse_args()
    if unknown := [name for name in args.names if name not in {**GROUPS, **EXTRA}]:
        parser.error(f"there is no group {unknown[0]!r}")
    return args


def _group(name: str, scale: str) -> list[Row] | None:
    command = [sys.executable, "-m", "benchmarks", "--inside", name]
    if scale != "full":
        command.append(f"--{scale}")
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=_MOST_SECONDS)
    except subprocess.SubprocessError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return None
    return [Row(*fields) for fields in json.loads(done.stdout.splitlines()[-1])]


if __name__ == "__main__":
    sys.exit(main())
