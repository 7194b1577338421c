"""`json_query`: JMESPath (https://jmespath.org) over JSON, through the library of that name, of the extra `tools`.

A short query can double a value over and over. So what a query makes is measured as it is made, parts that stand in it
twice counted twice, and so are its steps.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llmspell import values
from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.tools.base import MAX_TEXT, Reach, Spec, check_length

if TYPE_CHECKING:
    from llmspell.system.files import Stopped

MAX_QUERY = 1000
MAX_SIZE = 32 * 1024 * 1024
"""How large all values that a query makes may be together: characters of texts, and eight for anything else."""
MAX_STEPS = 1_000_000
_PIECE = 8
_CHECKED = 1024


async def _query(args: dict[str, Any], reach: Reach) -> Any:
    check_length("query", args["query"], MAX_QUERY)
    if ("data" in args) == ("path" in args):
        raise InvalidValueError("give either data or path", hint='such as {"data": {"a": 1}, "query": "a"}')

    def work(stopped: Stopped) -> Any:
        data = args["data"] if "data" in args else reach.files.read(args["path"])
        if isinstance(data, str):
            data = _parsed(data, args.get("path"))
        return _bounded(query(args["query"], data, stopped))

    return await reach.slow(work)


def _parsed(text: str, path: str | None) -> Any:
    try:
        return values.check(json.loads(text), "data")
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(f"{'data' if path is None else repr(path[:200])} is not JSON: {error}") from None


def _bounded(found: Any) -> Any:
    """The result, or why it is too much to be read."""
    size = len(json.dumps(found, ensure_ascii=False))
    if size > MAX_TEXT * _PIECE:
        what = f"{len(found)} entries" if isinstance(found, (list, dict)) else "one text"
        raise InvalidValueError(
            f"the result has {size} characters ({what})", hint="ask for less, such as [:20] or length(@)"
        )
    return found


def query(expression: str, data: Any, stopped: Stopped) -> Any:
    """What a JMESPath expression finds. Raises `InvalidValueError`, and `NotFoundError` where jmespath is missing."""
    try:
        import jmespath
    except ImportError as error:
        raise NotFoundError(
            f"JSON queries need jmespath ({error})", hint="run: pip install 'llmspell[tools]'"
        ) from None
    from jmespath.exceptions import JMESPathError

    try:
        parsed = jmespath.compile(expression).parsed
        return _interpreter(stopped).visit(parsed, data)
    except (JMESPathError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InvalidValueError(
            f"the query cannot be used: {said}", hint="JMESPath, such as users[?age > `30`].name, or length(items)"
        ) from None
    except RecursionError:
        raise InvalidValueError("the query is nested too deeply") from None


def _interpreter(stopped: Stopped) -> Any:
    from jmespath.visitor import Options, TreeInterpreter  # an extra

    class Bounded(TreeInterpreter):  # type: ignore[misc]  # the library has no type information
        """Measures all that is made. What was measured is kept, so that no other value gets its place in memory."""

        def __init__(self) -> None:
            super().__init__(Options())
            self._ledger = _Ledger(stopped)

        def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
            self._ledger.step()
            return self._ledger.take(super().visit(node, *args, **kwargs))

        def visit_function_expression(self, node: Any, value: Any) -> Any:
            arguments = [self.visit(child, value) for child in node["children"]]
            for argument in arguments:  # functions look at all of their arguments
                self._ledger.spend(self._ledger.size(argument))
            if node["value"] == "join" and len(arguments) == 2 and isinstance(arguments[1], list):
                self._ledger.spend(self._ledger.size(arguments[0]) * len(arguments[1]))
            return self._functions.call_function(node["value"], arguments)

    return Bounded()


class _Ledger:
    """What a query has cost so far."""

    def __init__(self, stopped: Stopped) -> None:
        self._stopped = stopped
        self._steps = 0
        self._spent = 0
        self._sizes: dict[int, tuple[Any, int]] = {}

    def step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise _TooMuchError("the query takes too many steps", hint="filter before you look inside")
        if self._steps % _CHECKED == 0 and self._stopped():
            raise _TooMuchError("the query was stopped")

    def take(self, value: Any) -> Any:
        """Count a value when it is seen for the first time."""
        if isinstance(value, (list, dict, str)) and id(value) not in self._sizes:
            self.spend(self.size(value))
        return value

    def spend(self, size: int) -> None:
        self._spent += size
        if self._spent > MAX_SIZE:
            raise _TooMuchError("the query makes too large a value", hint="select less of the data")

    def size(self, value: Any) -> int:
        """As JSON, in about as many characters."""
        if not isinstance(value, (list, dict)):
            return _PIECE + (len(value) if isinstance(value, str) else 0)
        known = self._sizes.get(id(value))
        if known is not None:
            return known[1]
        inner = value if isinstance(value, list) else [*value.values(), *value]
        size = _PIECE + sum(map(self.size, inner))
        self._sizes[id(value)] = (value, size)
        return size


class _TooMuchError(InvalidValueError):
    """A query that costs more than it may."""


JSON_QUERY = Spec(
    name="json_query",
    description=(
        "Look something up in JSON with a JMESPath query: fields, filters, projections, sort_by, length, sum. The JSON "
        'is `data`, or in the file `path`. Example: {"data": {"users": [{"name": "Ada", "age": 36}]}, '
        '"query": "users[?age > `30`].name"}'
    ),
    parameters={
        "query": 'string: A JMESPath expression, such as "items[0].name".',
        "data": "any?: The JSON to look at: a value, or a text that holds JSON.",
        "path": "string?: A JSON file to look at instead.",
    },
    work=_query,
    example='-p query=\'users[?age > `30`].name\' -p data:=\'{"users": [{"name": "Ada", "age": 36}]}\'',
)
