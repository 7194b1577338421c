"""The parameters of a run, from `-p` and `--params`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmspell import values
from llmspell.errors import InvalidValueError, NotFoundError


def parameters(file: str | None, pairs: Sequence[str], arguments: Sequence[str] = ()) -> Any:
    """What the spell gets as `params`: the JSON of `file`, with the `pairs` of `-p` over it, and `arguments` as `args`.

    Raises `InvalidValueError` or `NotFoundError` that names the flag.
    """
    given = {} if file is None else _from_file(file)
    if pairs and not isinstance(given, dict):
        raise InvalidValueError(f"--params: {file} holds no object, so -p cannot add to it")
    given = given | dict(map(_pair, pairs)) if pairs else given
    return _with_arguments(given, arguments) if arguments else given


def named(file: str | None, pairs: Sequence[str]) -> dict[str, Any]:
    """The arguments of a tool, likewise. Raises `InvalidValueError` for a file that holds no object as well."""
    given = parameters(file, pairs)
    if not isinstance(given, dict):
        raise InvalidValueError(f"--params: {file} holds no object", hint='such as {"path": "a.txt"}')
    return given


def _with_arguments(given: Any, arguments: Sequence[str]) -> Any:
    if not isinstance(given, dict) or "args" in given:
        raise InvalidValueError(
            f"the argument {arguments[0]!r:.80} has no place: params.args is taken, or there are no named parameters",
            hint="give the arguments, or -p args:=[...]",
        )
    return given | {"args": [values.check(text, "an argument") for text in arguments]}


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    as_json = name.endswith(":")
    name = name.removesuffix(":")
    if not equals or not name:
        raise InvalidValueError(f"-p {text!r} is no parameter", hint="write -p name=text or -p name:=JSON")
    return name, _json(value, name) if as_json else values.check(value, f"-p {name}")


def _json(text: str, name: str) -> Any:
    try:
        return values.check(values.loads(text.encode(errors="surrogatepass")), "the value")
    except InvalidValueError as error:
        hint = f"for text write -p {name}=..., for JSON text -p '{name}:=\"...\"'"
        raise InvalidValueError(f"-p {name}: {error.message}", hint=hint) from None


def _from_file(file: str) -> Any:
    try:
        with open(file, "rb") as source:
            return values.check(values.loads(source.read()), file)
    except FileNotFoundError:
        raise NotFoundError(f"--params: there is no file {file!r}", hint="check the path") from None
    except OSError as error:
        raise InvalidValueError(f"--params: cannot read {file!r}: {error.strerror}") from None
    except InvalidValueError as error:
        raise InvalidValueError(f"--params: {file}: {error.message}") from None
