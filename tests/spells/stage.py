"""What the pairs of spells run on: the tools, the scripted model, and the expectation beside each pair.

`NAME.json` says what `NAME.lua` and `NAME.js` are given and what both must come to:

    params, stdin, seed, limits       as `Host.run` takes them (limits: an object)
    price                             dollars for each token of the model; nobody knows them unless given
    replies                           what the model answers, call by call: a text, or see `reply_of`
    value, output, logs               what the run must give; logs are `[level, text]`
    error                             the kind, message, hint, ... of the error; `mentions` are parts of its message
    requests                          for each request to the model, the fields that it must have
    jobs                              the same for each job that is no conversation
    permissions                       what is granted, as under `[permissions]` in llmspell.toml
    web                               what servers answer, request by request: `status`, `headers`, and a `body` as text
                                      or in base64 (`data`); a text is a body
    fetched                           for each request to the web, its `method`, `url`, `headers` and `body` as text,
                                      as far as they are written down
    files, environ                    the files of the folder that the run works in, and variables; see `ground`
    left                              the files that must be there afterwards
    usage                             fields of `Result.usage`
    isolations                        where to run it, if not everywhere: inline, QuickJS lets a script catch that its
                                      heap is full for ever, and no process is there to be killed

`{python}` stands for this Python, `{notes}` for the script of the MCP server that is configured under that name.
A failing line is marked with a comment `HERE`, in the spell or in the module that `file` names (without its ending).
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import httpx2

from llmspell import Config, Host, Limits, Log, Result
from llmspell.config_mcp import McpConfig, McpServerConfig
from llmspell.errors import KINDS, NotFoundError
from llmspell.grants import rules
from llmspell.permissions import KEYS, Permissions
from llmspell.providers.base import Request, Response, TextDelta, Usage
from llmspell.providers.content import Media, Message, Reasoning, Text, ToolCall, ToolResult
from llmspell.providers.jobs import Job
from llmspell.scriptable.parts import media_record, part_of, record_of
from llmspell.testing import After, Reply, ScriptedProvider
from tests.spells.ground import files_in, standing_on

FOLDER = Path(__file__).parent
NOTES = str(FOLDER.parent / "mcp/plain.py")
PATIENCE = 30
"""Seconds after which a run that hangs is ended."""
Expected = dict[str, Any]


def pairs() -> list[str]:
    """The names of all pairs, such as `tasks/race`."""
    return sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.json"))


def expectation(pair: str) -> Expected:
    """What is written beside a pair."""
    written = (FOLDER / f"{pair}.json").read_text(encoding="utf-8")
    expected: Expected = json.loads(written.replace("{python}", sys.executable).replace("{notes}", NOTES))
    return expected


def reply_of(spec: Any) -> Reply:
    """A reply of the scripted model: a text, or an object.

    `{"error": KIND, ...}` fails, after `pieces` if there are any; `{"pieces": [...]}` is a stream that never says that
    it is finished; `{"after": SECONDS, "between"?, "reply"}` waits; anything else has the fields of `_response`.
    """
    if isinstance(spec, str):
        return spec
    if "after" in spec:
        reply = reply_of(spec["reply"])
        assert not isinstance(reply, After)
        return After(spec["after"], reply, spec.get("between", 0.0))
    if "error" in spec or "pieces" in spec:
        return _broken(**spec)
    return _response(**spec)


def _broken(error: str | None = None, message: str = "it failed", pieces: tuple[str, ...] = (), **fields: Any) -> Reply:
    failure = [KINDS[error](message, **fields)] if error else []
    return [*map(TextDelta, pieces), *failure]  # type: ignore[list-item]  # an exception among the events is raised


def _response(
    text: str = "",
    reasoning: str | None = None,
    tool_calls: tuple[Any, ...] = (),
    finish: str = "stop",
    parts: tuple[Any, ...] = (),
    facts: Mapping[str, Any] = MappingProxyType({}),
    **usage: int,
) -> Response:
    """`parts` are as a spell writes them, `facts` more fields of the answer."""
    said = [part_of(part, "assistant", "the reply") for part in parts]
    return Response(
        parts=[Reasoning(reasoning or ""), Text(text), *said, *(ToolCall(**call) for call in tool_calls)],
        finish_reason=finish,  # type: ignore[arg-type]  # the file says which
        raw_finish_reason=finish,
        usage=Usage(**usage),
        model="test",
        **facts,
    )


def _plain(message: Message) -> dict[str, Any]:
    """A message as an expectation writes it: without what is not there."""
    said = {"text": message.text} if message.text else {}
    calls = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in message.tool_calls]
    answers = {result.id: result.text for result in message.tool_results}
    failed = [result.id for result in message.tool_results if result.is_error]
    rest = {"calls": calls, "answers": answers, "failed": failed, "parts": _special(message)}
    return {"role": message.role} | said | {name: value for name, value in rest.items() if value}


def _special(message: Message) -> list[Any]:
    """All parts, as a spell writes them, of a message that has more than plain texts and calls of tools."""
    parts = [part for each in message.parts for part in (each.parts if isinstance(each, ToolResult) else [each])]
    plain = all(
        isinstance(part, (Text, ToolCall)) and not part.state and not getattr(part, "cache", False) for part in parts
    )
    return [] if plain else [record_of(part) | ({"cache": True} if getattr(part, "cache", 0) else {}) for part in parts]


def _plain_job(job: Job[Any]) -> dict[str, Any]:
    values = {each.name: getattr(job, each.name) for each in fields(job)}
    plain = {name: media_record(value) if isinstance(value, Media) else value for name, value in values.items()}
    return {"job": type(job).__name__, **plain}


class Stage:
    """A host with a scripted model and tools, on an event loop of its own; runs one spell after the other."""

    def __init__(self) -> None:
        self._replies: list[Any] = []
        self._web: list[Any] = []
        self._fetched: list[httpx2.Request] = []
        self.model = ScriptedProvider(self._reply)
        self.logs: list[list[str]] = []
        self.left: dict[str, str | None] = {}
        self._runner = asyncio.Runner()
        self._folder = TemporaryDirectory()
        config = Config(
            cache_dir=Path(self._folder.name),
            mcp=McpConfig(servers={"notes": McpServerConfig(command=sys.executable, args=(NOTES,))}),
        )
        transport = httpx2.MockTransport(self._serve)
        self._host = Host(config, providers=[self.model], tools=tools(), http_transport=transport)

    def run(self, path: Path, given: Expected, isolation: str) -> Result:
        """The result of a spell that is given what the expectation says."""
        self._replies, self.logs = given.get("replies", []), []
        self._web, self._fetched = list(given.get("web", [])), []
        self.model.price = given.get("price")
        self.model.requests.clear()
        self.model.jobs.clear()
        with standing_on(given.get("files", {}), given.get("environ", {})) as folder:
            result = self._runner.run(self._cast(path, given, isolation, folder))
            self._runner.run(self._settled())
            self.left = files_in(folder)
        return result

    async def _cast(self, path: Path, given: Expected, isolation: str, folder: Path) -> Result:
        return await self._host.run(
            path,
            params=given.get("params"),
            stdin=given.get("stdin"),
            seed=given.get("seed"),
            limits=Limits(**{"timeout": PATIENCE} | given.get("limits", {})),
            model="scripted/test",
            permissions=permissions_of(given.get("permissions", {}), folder),
            isolation=isolation,
            on_event=lambda event: self.logs.append([event.level, event.text]) if isinstance(event, Log) else None,
            check=False,
        )

    def requests(self) -> list[dict[str, Any]]:
        """What the model was asked, as plain objects."""
        return [
            asdict(request) | {"messages": [_plain(message) for message in request.messages]}
            for request in self.model.requests
        ]

    def jobs(self) -> list[dict[str, Any]]:
        """What the model was asked besides conversing, as plain objects with the name of the kind."""
        return [_plain_job(job) for job in self.model.jobs]

    def fetched(self) -> list[dict[str, Any]]:
        """What the web was asked for, as plain objects."""
        return [
            {
                "method": request.method,
                "url": str(request.url),
                "headers": dict(request.headers),
                "body": request.content.decode(),
            }
            for request in self._fetched
        ]

    def close(self) -> None:
        """End the host and its loop."""
        self._runner.run(self._host.aclose())
        self._runner.close()
        self._folder.cleanup()

    def _reply(self, request: Request) -> Reply:
        at = len(self.model.requests) - 1
        if at >= len(self._replies):
            return f"echo {request.messages[-1].text}"
        return reply_of(self._replies[at])

    async def _serve(self, request: httpx2.Request) -> httpx2.Response:
        self._fetched.append(request)
        answer = self._web.pop(0)
        answer = {"body": answer, "headers": {"content-type": "text/plain"}} if isinstance(answer, str) else answer
        body = base64.b64decode(answer["data"]) if "data" in answer else answer.get("body", "").encode()
        return httpx2.Response(answer.get("status", 200), headers=answer.get("headers"), content=body)

    async def _settled(self) -> None:
        for _ in range(100):
            if not self.model.open:
                return
            await asyncio.sleep(0.01)


def permissions_of(written: Mapping[str, Any], folder: Path) -> Permissions:
    """Permissions as the configuration has them."""
    kinds = {key: kind for kind, key in KEYS.items()}
    return Permissions(**{key: rules(kinds[key], value, key, str(folder)) for key, value in written.items()})


Callback = Callable[..., Awaitable[Any]]


def tools() -> list[Callable[..., Any]]:
    """The tools that the pairs call; `counter` and `gauge` tell what runs at once."""
    counted, running = [0], [0, 0]

    async def counter() -> int:
        """How often this was called in the host so far; only differences mean something."""
        counted[0] += 1
        return counted[0]

    async def gauge(seconds: float = 0.0, reset: bool = False) -> int:
        """Wait, and give the most calls of this tool that were open at once since the reset."""
        if reset:
            running[:] = [0, 0]
            return 0
        running[0] += 1
        running[1] = max(running)
        try:
            await asyncio.sleep(seconds)
        finally:
            running[0] -= 1
        return running[1]

    return [add, echo, fail, later, not_there, apply, each, attempt, counter, gauge]


def add(a: float, b: float) -> float:
    """Add two numbers.

    Args:
        a: the first
        b: the second
    """
    return a + b


def echo(value: Any) -> Any:
    """Give the value back."""
    return value


def fail(message: str) -> None:
    """Fail in Python."""
    raise RuntimeError(message)


def not_there(name: str) -> None:
    """Fail with an error that has a kind and a hint."""
    raise NotFoundError(f"no {name}", hint="look elsewhere")


async def later(seconds: float, value: Any = None) -> Any:
    """Give the value after a while."""
    await asyncio.sleep(seconds)
    return value


async def apply(run: Callback, args: list[Any]) -> Any:
    """Call a function of the script."""
    return await run(*args)


async def each(items: list[Any], run: Callback) -> list[Any]:
    """Call a function of the script for each item, all at once."""
    return list(await asyncio.gather(*(run(item) for item in items)))


async def attempt(run: Callback) -> dict[str, Any]:
    """Call a function of the script and tell how it ended."""
    try:
        return {"value": await run()}
    except Exception as error:  # noqa: BLE001  # the test looks at what arrives here, whatever it is
        return {"kind": getattr(error, "kind", type(error).__name__), "message": str(error)}
