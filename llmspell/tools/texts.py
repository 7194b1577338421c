"""`text_search`, `text_replace`, `text_split` and `text_stats`: questions about a text that models answer badly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from llmspell.errors import InvalidValueError
from llmspell.tools.base import MAX_TEXT, Reach, Spec, check_length, cut, within
from llmspell.tools.patterns import compiled, matches

MAX_INPUT = 1_000_000
MOST = 1000
_MAX_OUTPUT = 4 * MAX_INPUT
_SHOWN = 1000
_FEW = 100

_REGEX = "boolean?: true if the pattern is a regular expression (RE2 syntax); if absent it is plain text."
_CASE = "boolean?: true to take small and capital letters as the same."


def _pattern(args: dict[str, Any]) -> Any:
    check_length("text", args["text"], MAX_INPUT)
    return compiled(args["pattern"], ignore_case=args.get("ignore_case", False), literal=not args.get("regex", False))


async def _search(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    most = args.get("max_matches", _FEW)
    within("max_matches", most, 0, MOST)
    pattern, text = _pattern(args), args["text"]

    def work(stopped: Callable[[], bool]) -> dict[str, Any]:
        found: list[dict[str, Any]] = []
        count, line, at = 0, 1, 0
        for match in matches(pattern, text, stopped):
            count += 1
            if len(found) < most:
                line, at = line + text.count("\n", at, match.start()), match.start()
                found.append(_match(match, line))
        return {"count": count, "matches": found}

    return await reach.slow(work)


def _match(match: Any, line: int) -> dict[str, Any]:
    told = {"text": match.group()[:_SHOWN], "line": line, "start": match.start() + 1}
    groups = [None if group is None else group[:_SHOWN] for group in match.groups()]
    return told | ({"groups": groups} if groups else {})


async def _replace(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    pattern, text, new = _pattern(args), args["text"], args["replacement"]
    new = _checked_template(new, pattern.groups) if args.get("regex") else new.replace("\\", "\\\\")

    def work(stopped: Callable[[], bool]) -> dict[str, Any]:
        pieces, end, count, size = [], 0, 0, 0
        for match in matches(pattern, text, stopped):
            pieces += [text[end : match.start()], match.expand(new)]
            size += len(pieces[-1]) + len(pieces[-2])
            end, count = match.end(), count + 1
            if size > _MAX_OUTPUT:
                raise InvalidValueError(f"the result has more than {_MAX_OUTPUT} characters")
        return {"text": "".join([*pieces, text[end:]]), "count": count}

    return await reach.slow(work)


def _checked_template(template: str, groups: int) -> str:
    """A replacement may name the match as `\\0`, its groups as `\\1` to `\\9`, and nothing else with a backslash."""
    check_length("replacement", template, MAX_TEXT)
    made, rest = [], iter(template)
    for letter in rest:
        if letter != "\\":
            made.append(letter)
            continue
        named = next(rest, "")
        if named != "\\" and not (named.isdecimal() and named.isascii() and int(named) <= groups):
            raise InvalidValueError(
                f"the replacement has \\{named}, which is no group of the pattern",
                hint=f"the pattern has {groups} groups, \\1 is the first; a backslash is \\\\",
            )
        made.append("\\\\" if named == "\\" else f"\\g<{named}>")
    return "".join(made)


async def _split(args: dict[str, Any], reach: Reach) -> list[str]:
    pattern, text = _pattern({"pattern": "\n"} | args), args["text"]
    most = args.get("max_parts", MOST)
    within("max_parts", most, 1, 100 * MOST)

    def pieces(stopped: Callable[[], bool]) -> Iterator[str]:
        end = 0
        for match in islice((found for found in matches(pattern, text, stopped) if found.end()), most - 1):
            yield text[end : match.start()]
            end = match.end()
        yield text[end:]

    return await reach.slow(lambda stopped: list(pieces(stopped)))


async def _stats(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    text = args["text"]
    check_length("text", text, 4 * MAX_INPUT)

    def work(_: Callable[[], bool]) -> dict[str, Any]:
        lines, words = text.splitlines(), text.split()
        longest = max(words, key=len, default="")
        return {
            "characters": len(text),
            "characters_without_blanks": sum(map(len, words)),
            "bytes": len(text.encode(errors="replace")),
            "words": len(words),
            "unique_words": len({word.strip(".,;:!?\"'()").lower() for word in words}),
            "lines": len(lines),
            "paragraphs": sum(1 for block in text.split("\n\n") if block.strip()),
            "longest_word": cut(longest, _SHOWN)[0],
        }

    return await reach.slow(work)


TEXT_SEARCH = Spec(
    name="text_search",
    description=(
        "Find and count all places where a word or pattern occurs in a text. Gives the count and the matches with "
        'their lines. Example: {"text": "a1 b2", "pattern": "[a-z](\\\\d)", "regex": true}'
    ),
    parameters={
        "text": "string: The text to search.",
        "pattern": "string: What to find.",
        "regex": _REGEX,
        "ignore_case": _CASE,
        "max_matches": f"integer?: How many matches to show; {_FEW} if absent. All are counted.",
    },
    work=_search,
    example="-p text='one two one' -p pattern=one",
)
TEXT_REPLACE = Spec(
    name="text_replace",
    description=(
        "Replace every occurrence of a word or pattern in a text, and give the new text. With `regex`, \\1 in the "
        'replacement is the first group. Example: {"text": "a-b", "pattern": "-", "replacement": "+"}'
    ),
    parameters={
        "text": "string: The text to change.",
        "pattern": "string: What to replace.",
        "replacement": "string: What to put in its place.",
        "regex": _REGEX,
        "ignore_case": _CASE,
    },
    work=_replace,
    example="-p text=a-b -p pattern=- -p replacement=+",
)
TEXT_SPLIT = Spec(
    name="text_split",
    description=(
        "Split a text into a list of parts, by default into lines. "
        'Example: {"text": "a, b,c", "pattern": ",\\\\s*", "regex": true}'
    ),
    parameters={
        "text": "string: The text to split.",
        "pattern": "string?: What stands between the parts; a line feed if absent.",
        "regex": _REGEX,
        "ignore_case": _CASE,
        "max_parts": f"integer?: The most parts, the last of which has the rest; {MOST} if absent.",
    },
    work=_split,
    example="-p text=a,b,c -p pattern=,",
)
TEXT_STATS = Spec(
    name="text_stats",
    description='Count the characters, words, lines and paragraphs of a text. Example: {"text": "two words"}',
    parameters={"text": "string: The text to measure."},
    work=_stats,
    example="-p text='two words'",
)
