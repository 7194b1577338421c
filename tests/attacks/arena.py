"""Where attacks run: each in a host process of its own, which then runs an honest spell.

`Arena` keeps one server process with everything imported; it forks a host for each attack, waits for its report as
long as it may take, and kills it if there is none. Run as a program, this is that server.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any, NamedTuple

from llmspell.languages import bridge_of
from llmspell.testing import no_network
from tests.attacks.cases import Attack, Fails, Hangs
from tests.attacks.grounds import SECRET, grounds, killing, settings, swapping
from tests.attacks.items import GRANTING
from tests.attacks.obedient import obey

SECRETS = {
    "ATTACK_SECRET": f"{SECRET}-in-the-environment",
    "OPENAI_API_KEY": f"sk-{SECRET}-a-key-of-the-host",
    "ANTHROPIC_API_KEY": f"sk-ant-{SECRET}-another-key",
    "SAFE_NAME": "fine",
}
PATIENCE = 30.0
"""Seconds until a host that does not report is taken for hung; a machine may be busy with others."""
SHORT_PATIENCE = 0.8
"""The same where it is known to hang."""
LIMITS = {"memory": 32, "timeout": 20}
CPU = 0.1
"""Seconds of processor time for what is to hit that limit."""
ENOUGH_CPU = 5.0
"""The same for what ends by itself, however slow the machine is."""
PRELOADED = ("llmspell.host", "llmspell.testing", "llmspell.workers.remote", "pydantic", "uuid")
"""What hosts need, loaded before the forks."""
HONEST = {
    "lua": "print('fine') return {sum = 1 + 1, text = json.encode({1})}",
    "js": "print('fine'); export default { sum: 1 + 1, text: json.encode([1]) }",
}
DISTURBANCES: dict[str, Any] = {"races": swapping, "killed workers": killing}
"""What goes on around the attacks of an item."""
HONEST_RESULT = ({"sum": 2, "text": "[1]"}, "fine\n")


class Report(NamedTuple):
    """What came of an attack. `attack` and `honest` are None where the host did not live to tell.

    `cpu` is the processor time of the attack, with `start`, which is what the honest spell took.
    """

    hung: bool
    status: int
    attack: dict[str, Any] | None
    honest: dict[str, Any] | None
    cpu: float
    start: float
    said: str


class Arena:
    """Runs attacks, one after the other."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.attacks.arena"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | SECRETS,
            text=True,
        )

    def run(self, attack: Attack, isolation: str, patience: float = PATIENCE) -> Report:
        """What comes of an attack in that isolation."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        limits = limits_of(attack, isolation)
        told = attack._asdict() | {"outcomes": {}, "limits": limits}
        request = {"attack": told, "isolation": isolation, "patience": patience}
        print(json.dumps(request), file=self._server.stdin, flush=True)
        return Report(**json.loads(self._server.stdout.readline()))

    def close(self) -> None:
        """End the server."""
        self._server.communicate(timeout=10)


def limits_of(attack: Attack, isolation: str) -> dict[str, float]:
    """The limits of its run there."""
    outcome = attack.outcomes[isolation]
    runs_on = isinstance(outcome, Hangs) or (
        isinstance(outcome, Fails) and outcome.kind == "limit" and outcome.words in ("", "CPU limit")
    )
    return LIMITS | {"cpu": CPU if runs_on else ENOUGH_CPU} | attack.limits


def main() -> None:
    """Serve attacks from standard input until it ends."""
    for name in PRELOADED:
        importlib.import_module(name)
    for dialect in ("lua", "js"):
        bridge_of(dialect).interpreter(dialect).close()
    for line in sys.stdin:
        request = json.loads(line)
        attack = Attack(**request["attack"])
        print(json.dumps(_fork(attack, request["isolation"], request["patience"])._asdict()), flush=True)


def _fork(attack: Attack, isolation: str, patience: float) -> Report:
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            for number in (1, 2):
                os.dup2(said.fileno(), number)
            try:
                _host(attack, isolation, writer)
            except BaseException:  # noqa: BLE001  # the report shows it
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(70)
        os.close(writer)
        text, hung = _read(reader, patience)
        if hung:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        said.seek(0)
        told = json.loads(text) if text.endswith("\n") else {"attack": None, "honest": None, "cpu": 0.0, "start": 0.0}
        return Report(hung=hung, status=status, said=said.read().decode(errors="replace"), **told)


def _read(reader: int, patience: float) -> tuple[str, bool]:
    data, end = b"", time.monotonic() + patience
    with open(reader, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(end - time.monotonic(), 0))[0]:
            if not (chunk := pipe.read(1 << 16)):
                return data.decode(), False
            data += chunk
    return "", True


def _host(attack: Attack, isolation: str, writer: int) -> None:
    with no_network(), grounds() if attack.section in GRANTING else nullcontext({}) as params:
        began = _cpu()
        with DISTURBANCES.get(attack.item, nullcontext)():
            result = _run(attack.source, attack.dialect, isolation, attack, params)
        ended = _cpu()
        honest = _run(HONEST[attack.language], attack.dialect, isolation)
        times = {"cpu": ended - began, "start": _cpu() - ended}
    with open(writer, "w") as pipe:
        print(json.dumps({"attack": result, "honest": honest, **times}), file=pipe)
    os._exit(0)


def _cpu() -> float:
    """The processor time of this process and of its children that are gone."""
    both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(each.ru_utime + each.ru_stime for each in both)


def _run(
    source: str, dialect: str, isolation: str, attack: Attack | None = None, params: dict[str, Any] | None = None
) -> dict[str, Any]:
    from llmspell import Limits, Permissions, Spell, run
    from llmspell.grants import rules
    from llmspell.permissions import KEYS
    from llmspell.testing import ScriptedProvider

    limits = attack.limits if attack else LIMITS | {"cpu": ENOUGH_CPU}
    name = f"{'granted/' if params else ''}attack.{dialect}"
    kinds = {key: kind for kind, key in KEYS.items()}
    allow = attack.allow if attack else {}
    events: list[Any] = []
    result = run(
        Spell(source=source, language=dialect, name=name, folder=os.path.abspath("granted") if params else None),
        limits=Limits(
            **{  # type: ignore[arg-type]  # the names are those of Limits
                name: int(value) << 20 if name == "memory" else int(value) if name.startswith("max_") else value
                for name, value in limits.items()
            }
        ),
        isolation=isolation,
        params=params,
        permissions=Permissions(**{key: rules(kinds[key], rule, key) for key, rule in allow.items()}),
        tools=TOOLS if attack else (),
        config=settings(params["port"]) if params else None,
        state="state.sqlite3" if params else None,
        providers=[ScriptedProvider(obey)],
        model="scripted/model",
        stdin="line\n" * 100,
        on_event=events.append,
        make_loop=asyncio.new_event_loop,  # one that `no_network` holds back
        check=False,
    )
    return {
        "value": result.value,
        "error": result.error and result.error.to_data(),
        "output": result.output[:10_000],
        "logs": [[event.level, event.text[:1000]] for event in events if type(event).__name__ == "Log"],
        "usage": asdict(result.usage) if hasattr(result.usage, "__dataclass_fields__") else str(result.usage),
    }


def _nested(depth: int) -> Any:
    return [_nested(depth - 1)] if depth else []


# What the host offers to the spells -------------------------------------------------------------------------------


def echo(value: Any = None) -> Any:
    """Give back what it was given."""
    return value


async def twice(f: Callable[..., Any], x: Any = None) -> list[Any]:
    """Call a function of the script two times."""
    return [await f(x), await f(x)]


def fail(message: str = "it failed") -> None:
    """Fail, as a tool with a secret in its hands does."""
    raise RuntimeError(message)


async def slow(seconds: float = 60) -> str:
    """Answer late."""
    import asyncio

    await asyncio.sleep(seconds)
    return "late"


def large(size: int = 1000) -> str:
    """Text of a size."""
    return "x" * size


def deep(levels: int = 10) -> Any:
    """A nested list."""
    return _nested(levels)


TOOLS = (echo, twice, fail, slow, large, deep)

if __name__ == "__main__":
    main()
