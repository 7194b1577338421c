"""The parts of messages, on their way out of a reply and back into the next prompt."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import InvalidValueError
from llmspell.providers.content import Foreign, Media, Message, Part, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.scriptable.parts import message_of, part_of, state_of, state_text
from llmspell.scriptable.prompts import to_messages

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=3)
STATES = st.builds(State, WORDS, OBJECTS)
MAYBE = st.none() | STATES
PARTS = st.one_of(
    st.builds(Text, WORDS, MAYBE),
    st.builds(Reasoning, WORDS, MAYBE),
    st.builds(Reasoning, st.just(""), STATES),
    st.builds(ToolCall, WORDS, WORDS, OBJECTS, MAYBE),
    st.builds(Foreign, STATES),
    st.builds(
        Media,
        kind=st.just("image"),
        mime=st.sampled_from(["image/png", "image/svg+xml", "image/*"]),
        data=st.binary(min_size=1, max_size=8),
        name=st.none() | WORDS,
        state=MAYBE,
    ),
)


@given(st.lists(PARTS, min_size=1, max_size=5))
def test_an_answer_comes_back_as_it_was(parts: list[Part]) -> None:
    crossed = json.loads(json.dumps(message_of(parts)))
    [message] = to_messages([crossed], "complete")
    assert message.role == "assistant"
    assert message.parts == parts


@given(st.lists(PARTS, max_size=5))
def test_only_texts_and_calls_without_state_are_written_plainly(parts: list[Part]) -> None:
    plain = [type(part) for part in parts if not getattr(part, "state", None)]
    simple = len(plain) == len(parts) and plain.count(Text) < 2 and set(plain) <= {Text, ToolCall}
    simple = simple and Text not in plain[1:]
    assert isinstance(message_of(parts).get("content"), str) == simple


@given(STATES)
def test_state_is_text_for_a_script(state: State) -> None:
    assert state_of(state_text(state), "here") == state


@pytest.mark.parametrize(
    "text", ["", "signed", "{}", "[]", '["a"]', '["a", 1]', "[1, {}]", '["a", {}, 1]', "[" * 100_000, '"ab"', "null"]
)  # fmt: skip
def test_state_that_no_reply_had_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match=r"^here: state is not what a reply had$"):
        state_of(text, "here")


def test_an_empty_answer_is_an_empty_message() -> None:
    assert message_of([]) == {"role": "assistant", "content": ""}
    assert to_messages([message_of([])], "complete") == [Message("assistant", [])]


def test_a_tools_answer_knows_the_name_of_the_tool() -> None:
    call: Any = {"type": "tool_call", "id": "c1", "name": "camera", "arguments": {}}
    messages = to_messages(
        [
            {"role": "assistant", "content": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "dark", "cache": True}]},
            {"role": "tool", "tool_call_id": "c2", "content": "unasked", "is_error": True},
        ],
        "complete",
    )
    assert messages[1].parts == [ToolResult("c1", [Text("dark", cache=True)], "camera", cache=True)]
    assert messages[2].parts == [ToolResult("c2", [Text("unasked")], is_error=True)]


@pytest.mark.parametrize(
    ("part", "mime"),
    [
        ({"url": "https://x.example/a.PNG?size=2"}, "image/png"),
        ({"url": "https://x.example/a"}, "image/*"),
        ({"url": "https://x.example/a.exe"}, "image/*"),
        ({"url": "https://x.example/a", "mime": "image/webp"}, "image/webp"),
        ({"data": "aGk=", "name": "a.jpg"}, "image/jpeg"),
        ({"url": "data:image/gif;base64,aGk="}, "image/gif"),
        ({"url": "DATA:image/gif;charset=x;base64,aGk="}, "image/gif"),
    ],
)
def test_the_media_type_of_a_picture(part: Any, mime: str) -> None:
    found = part_of({"type": "image", **part}, "user", "here")
    assert isinstance(found, Media)
    assert found.mime == mime
    assert (found.data is None) == found.url.startswith("http") if found.url else found.data == b"hi"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"type": "image", "data": "aGk=", "mime": "image/png\r\nx: y"}, "is no media type"),
        ({"type": "image", "data": "aGk=", "mime": "png"}, "is no media type"),
        ({"type": "image", "url": "data:image/png;base64,!"}, "data is not base64"),
        ({"type": "image", "url": "data:;base64,aGk="}, "mime is missing"),
        ({"type": "document", "data": "aGk="}, "mime is missing"),
        ({"type": "opaque", "state": '["a", {}]'}, "a message of the role user has no parts of the type opaque"),
        ({"type": "tool_call", "id": "1"}, "name is missing"),
        ({"type": "reasoning", "data": "x"}, "data does not belong"),
    ],
)
def test_a_wrong_part_is_refused(part: Any, words: str) -> None:
    with pytest.raises(InvalidValueError, match=words) as caught:
        part_of(part, "user", "here")
    assert str(caught.value).startswith("here: ")


@pytest.mark.parametrize("role", ["system", "user"])
def test_only_tools_fail(role: Any) -> None:
    with pytest.raises(InvalidValueError, match="is_error belongs to the role tool"):
        to_messages([{"role": role, "content": "x", "is_error": True}], "complete")


def test_the_system_shows_no_pictures() -> None:
    part: Any = {"type": "image", "url": "https://x.example/a.png"}
    with pytest.raises(InvalidValueError, match="role system has no parts of the type image"):
        to_messages([{"role": "system", "content": [part]}], "complete")
