"""What answers of chat completions may hold beside text and calls, streamed and whole."""

from __future__ import annotations

import base64
import json
from typing import Any, ClassVar

import pytest

from llmspell.errors import ProviderError
from llmspell.providers.accumulator import Accumulator
from llmspell.providers.base import Event, LogProbs, ReasoningDelta, Request, Response, TextDelta, Usage
from llmspell.providers.content import Media, Reasoning, State, Text, ToolCall
from llmspell.providers.wire.chat_dialect import Dialect
from llmspell.providers.wire.openai_chat import OpenAIChat
from llmspell.providers.wire.problem import RefusedError
from tests.providers.loopback import chunk, completion

DONE = "[DONE]"
CHAT = OpenAIChat()


def stream_of(*chunks: Any) -> bytes:
    lines = (f"data: {item if isinstance(item, str) else json.dumps(item)}\n\n" for item in chunks)
    return "".join(lines).encode()


def events(*chunks: Any, form: OpenAIChat = CHAT) -> list[Event]:
    decoder = form.decoder()
    return decoder.feed(stream_of(*chunks)) + decoder.end()


def fold(received: list[Event]) -> Response:
    accumulator = Accumulator("asked-for")
    for event in received:
        accumulator.add(event)
    return accumulator.response()


def streamed(*deltas: dict[str, Any], form: OpenAIChat = CHAT, **last: Any) -> Response:
    return fold(events(*map(chunk, deltas), chunk(finish="stop", **last), DONE, form=form))


def whole(message: dict[str, Any], form: OpenAIChat = CHAT, **fields: Any) -> Response:
    data = completion(**fields)
    data["choices"][0]["message"] = {"role": "assistant", **message}
    return fold(form.decode(json.dumps(data).encode()))


def echoed(response: Response, **switches: Any) -> dict[str, Any]:
    """The answer as the next request sends it back."""
    request = Request(model="m", messages=[response.message])
    body = json.loads(OpenAIChat(Dialect(**switches)).chat(request, stream=False).body)
    message: dict[str, Any] = body["messages"][0]
    return message


SAID = {"type": "reasoning.text", "text": "Hm", "format": "anthropic-claude-v1", "index": 0}
SECRET = {"type": "reasoning.encrypted", "data": "x==", "id": "rs_1", "format": "openai-responses-v1", "index": 1}


class TestDetailsOfThoughts:
    def test_a_whole_answer_keeps_them_as_they_came(self) -> None:
        details = [SAID | {"signature": "s"}, SECRET]
        response = whole({"content": "Yes", "reasoning": "Hm", "reasoning_details": details})
        assert (response.reasoning, response.text) == ("Hm", "Yes")
        assert echoed(response, reasoning_echo="reasoning_details")["reasoning_details"] == details

    def test_a_stream_brings_them_in_pieces(self) -> None:
        response = streamed(
            {"reasoning": "H", "reasoning_details": [SAID | {"text": "H"}]},
            {"reasoning": "m", "reasoning_details": [SAID | {"text": "m"}]},
            {"content": "", "reasoning_details": [{**SAID, "text": "", "signature": "s"}]},
            {"reasoning_details": [SECRET]},
            {"content": "Yes"},
        )
        assert response.parts == [
            Reasoning("Hm", State("openai-chat", {"reasoning_details": [SAID | {"signature": "s"}, SECRET]})),
            Text("Yes"),
        ]

    def test_hidden_thoughts_keep_their_place(self) -> None:
        for response in (
            streamed({"reasoning_details": [SECRET]}, {"content": "Yes"}),
            whole({"content": "Yes", "reasoning_details": [SECRET]}),
        ):
            assert [type(part) for part in response.parts][-1] is Text
            assert response.reasoning is None
            assert echoed(response, reasoning_echo="reasoning_details")["reasoning_details"] == [SECRET]

    def test_their_text_counts_where_there_is_no_other(self) -> None:
        summary = {"type": "reasoning.summary", "summary": "Thought.", "index": 0}
        assert whole({"content": "Yes", "reasoning_details": [summary]}).reasoning == "Thought."
        assert streamed({"reasoning_details": [SAID]}).reasoning == "Hm"


class TestSignaturesOfGemini:
    EXTRA: ClassVar[dict[str, Any]] = {"google": {"thought_signature": "abc"}}

    def call(self, **fields: Any) -> dict[str, Any]:
        return {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}, **fields}

    def test_on_a_call(self) -> None:
        for response in (
            streamed({"tool_calls": [self.call(extra_content=self.EXTRA)]}),
            whole({"content": None, "tool_calls": [self.call(extra_content=self.EXTRA)]}),
        ):
            assert response.tool_calls == [ToolCall("c1", "f", {}, State("openai-chat", {"extra_content": self.EXTRA}))]
            assert echoed(response)["tool_calls"][0]["extra_content"] == self.EXTRA

    def test_in_a_piece_of_its_own(self) -> None:
        response = streamed({"tool_calls": [self.call()]}, {"tool_calls": [{"extra_content": self.EXTRA}]})
        assert echoed(response)["tool_calls"][0]["extra_content"] == self.EXTRA

    def test_of_the_first_of_two_calls(self) -> None:
        second = {"index": 1, "id": "c2", "function": {"name": "g", "arguments": "{}"}}
        late = {"index": 0, "extra_content": self.EXTRA}
        first, other = streamed({"tool_calls": [self.call(), second]}, {"tool_calls": [late]}).tool_calls
        assert first.state is not None
        assert other.state is None

    def test_on_the_message(self) -> None:
        for response in (
            streamed({"content": "Noon", "extra_content": self.EXTRA}),
            whole({"content": "Noon", "extra_content": self.EXTRA}),
        ):
            assert response.text == "Noon"
            assert echoed(response)["extra_content"] == self.EXTRA

    def test_on_a_message_of_calls(self) -> None:
        response = whole({"tool_calls": [self.call()], "extra_content": self.EXTRA})
        assert echoed(response)["extra_content"] == self.EXTRA
        assert echoed(response)["content"] is None


PNG = b"\x89PNG"
URI = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


class TestPicturesAndSound:
    ITEM: ClassVar[dict[str, Any]] = {"type": "image_url", "image_url": {"url": URI}}

    def test_a_picture(self) -> None:
        for response in (
            streamed({"content": "Here"}, {"images": [self.ITEM]}),
            whole({"content": "Here", "images": [self.ITEM]}),
        ):
            text, picture = response.parts
            assert text == Text("Here")
            assert isinstance(picture, Media)
            assert (picture.kind, picture.mime, picture.data) == ("image", "image/png", PNG)
            assert echoed(response)["images"] == [self.ITEM]

    @pytest.mark.parametrize(
        ("url", "mime"), [("https://example.com/a.jpg?x=1", "image/jpeg"), ("https://example.com/a", "image/png")]
    )
    def test_a_picture_somewhere_else(self, url: str, mime: str) -> None:
        (picture,) = whole({"content": None, "images": [{"image_url": {"url": url}}]}).parts
        assert isinstance(picture, Media)
        assert (picture.url, picture.mime) == (url, mime)

    def test_a_picture_among_the_parts_of_the_content(self) -> None:
        assert isinstance(whole({"content": [self.ITEM]}).parts[0], Media)

    def test_speech(self) -> None:
        data = base64.b64encode(b"RIFFxx").decode()
        response = whole({"content": None, "audio": {"id": "a1", "data": data, "expires_at": 5, "transcript": "Hello"}})
        text, sound = response.parts
        assert text == Text("Hello")
        assert isinstance(sound, Media)
        assert (sound.kind, sound.mime, sound.data) == ("audio", "audio/wav", b"RIFFxx")
        assert echoed(response) == {"role": "assistant", "audio": {"id": "a1"}, "content": None}

    def test_speech_in_pieces(self) -> None:
        response = streamed(
            {"audio": {"id": "a1", "transcript": "Hel"}},
            {"audio": {"data": base64.b64encode(b"\x01").decode(), "transcript": "lo"}},
            {"audio": {"data": base64.b64encode(b"\x02\x03").decode()}},
            {"audio": {"expires_at": 5}},
        )
        text, sound = response.parts
        assert text == Text("Hello")
        assert isinstance(sound, Media)
        assert (sound.mime, sound.data) == ("audio/pcm", b"\x01\x02\x03")

    @pytest.mark.parametrize(
        "message", [{"audio": {"data": "?"}}, {"images": [{"image_url": {"url": "data:image/png;base64,?"}}]}]
    )
    def test_what_is_not_base64(self, message: dict[str, Any]) -> None:
        with pytest.raises(ProviderError, match="not base64"):
            whole(message)


OTHER = {"token": "Ho", "logprob": -1}
TOKEN = {"token": "Hi", "logprob": -0.5, "bytes": [72], "top_logprobs": [OTHER | {"bytes": []}]}
OURS = {"token": "Hi", "logprob": -0.5, "top": [OTHER]}


class TestLogProbs:
    TOKEN: ClassVar[dict[str, Any]] = {
        "token": "Hi",
        "logprob": -0.5,
        "bytes": [72],
        "top_logprobs": [{"token": "Ho", "logprob": -1, "bytes": []}],
    }
    OURS: ClassVar[dict[str, Any]] = {"token": "Hi", "logprob": -0.5, "top": [{"token": "Ho", "logprob": -1}]}

    def test_of_a_stream_and_of_a_whole_answer(self) -> None:
        piece = chunk({"content": "Hi"})
        piece["choices"][0]["logprobs"] = {"content": [TOKEN]}
        received = events(piece, piece, chunk(finish="stop"), DONE)
        assert [event for event in received if isinstance(event, LogProbs)] == [LogProbs([OURS])] * 2
        assert fold(received).logprobs == [OURS] * 2
        data = completion("Hi")
        data["choices"][0]["logprobs"] = {"content": [TOKEN], "refusal": None}
        assert fold(CHAT.decode(json.dumps(data).encode())).logprobs == [OURS]

    def test_there_may_be_none(self) -> None:
        assert whole({"content": "Hi"}).logprobs is None


class TestWhatNothingElseStandsFor:
    def test_of_a_whole_answer(self) -> None:
        response = whole(
            {"content": "Hi", "annotations": [{"type": "url_citation"}], "executed_tools": None},
            citations=["https://example.com"],
            service_tier="default",
            system_fingerprint=None,
        )
        assert response.raw == {
            "annotations": [{"type": "url_citation"}],
            "citations": ["https://example.com"],
            "service_tier": "default",
        }

    def test_of_a_stream(self) -> None:
        received = events(
            chunk({"role": "assistant"}, prompt_filter_results=[{"prompt_index": 0}]),
            chunk({"content": "Hi", "annotations": [1]}),
            chunk({"content": "!", "annotations": [2]}, citations=["a"]),
            chunk(finish="stop", citations=["a", "b"], service_tier="flex"),
            DONE,
        )
        assert fold(received).raw == {
            "prompt_filter_results": [{"prompt_index": 0}],
            "annotations": [1, 2],
            "citations": ["a", "b"],
            "service_tier": "flex",
        }

    def test_of_a_choice(self) -> None:
        last = chunk(finish="stop")
        last["choices"][0] |= {"native_finish_reason": "STOP", "content_filter_results": {"hate": {"filtered": False}}}
        assert fold(events(last, DONE)).raw == {
            "native_finish_reason": "STOP",
            "content_filter_results": {"hate": {"filtered": False}},
        }

    def test_of_the_usage(self) -> None:
        usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.01}
        assert whole({"content": "Hi"}, usage=usage).raw == {"usage": usage}

    def test_of_the_content(self) -> None:
        reference = {"type": "reference", "reference_ids": [1]}
        response = whole({"content": [{"type": "text", "text": "Hi"}, reference]})
        assert (response.text, response.raw) == ("Hi", {"parts": [reference]})

    def test_noise_is_left_out(self) -> None:
        assert fold(events(chunk({"content": "x"}, obfuscation="abc", p="abcd"), chunk(finish="stop"), DONE)).raw == {}


class TestUsage:
    def usage(self, form: OpenAIChat = CHAT, **usage: Any) -> Usage:
        return whole({"content": "x"}, form, usage=usage).usage

    @pytest.mark.parametrize("style", ["xai", "gemini"])
    def test_thoughts_counted_beside_the_answer(self, style: str) -> None:
        counts: dict[str, Any] = {"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 399}
        if style == "xai":
            counts["completion_tokens_details"] = {"reasoning_tokens": 386}
        beside = OpenAIChat(Dialect(output_in_total=True))
        assert self.usage(beside, **counts).output_tokens == 387
        assert self.usage(**counts).output_tokens == 1
        assert streamed({"content": "x"}, form=beside, usage=counts).usage.output_tokens == 387

    def test_without_a_total_the_answer_is_all_that_is_known(self) -> None:
        assert self.usage(OpenAIChat(Dialect(output_in_total=True)), prompt_tokens=1, completion_tokens=2) == Usage(
            1, 2
        )

    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            ({"prompt_tokens_details": {"cached_tokens": 4}}, Usage(9, 1, 4)),
            ({"prompt_cache_hit_tokens": 4, "prompt_tokens_details": {"cached_tokens": 0}}, Usage(9, 1, 4)),
            ({"cached_tokens": 4}, Usage(9, 1, 4)),
            ({"num_cached_tokens": 0}, Usage(9, 1, 0)),
            ({"prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 5}}, Usage(9, 1, 0, None, 5)),
            ({"cache_creation_input_tokens": 5}, Usage(9, 1, None, None, 5)),
            ({"reasoning_tokens": 1}, Usage(9, 1, None, 1)),
            ({"completion_tokens_details": {"reasoning_tokens": 1}}, Usage(9, 1, None, 1)),
            ({"prompt_tokens_details": None, "completion_tokens_details": None}, Usage(9, 1)),
        ],
    )
    def test_where_servers_keep_their_counts(self, counts: dict[str, Any], expected: Usage) -> None:
        assert self.usage(prompt_tokens=9, completion_tokens=1, **counts) == expected

    @pytest.mark.parametrize("wrong", [5, "x", [1], {"prompt_tokens_details": 5}])
    def test_what_is_no_usage(self, wrong: Any) -> None:
        with pytest.raises(ProviderError, match="not an answer"):
            whole({"content": "x"}, usage=wrong)
        with pytest.raises(ProviderError, match="not an answer"):
            streamed({"content": "x"}, usage=wrong)


def test_thoughts_and_text_in_parts_go_back_in_parts() -> None:
    content = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}, {"type": "text", "text": "Yes"}]
    assert echoed(whole({"content": content}), reasoning_echo="parts")["content"] == content


def test_the_old_way_to_call_a_function() -> None:
    for response in (
        whole({"content": None, "function_call": {"name": "f", "arguments": '{"x": 1}'}}),
        streamed({"function_call": {"name": "f", "arguments": '{"x"'}}, {"function_call": {"arguments": ": 1}"}}),
    ):
        assert [(call.name, call.arguments) for call in response.tool_calls] == [("f", {"x": 1})]


class TestBodiesOfAnotherKind:
    """Servers that answer in a way that was not asked for, and label it wrongly."""

    BODY = json.dumps(completion("Hello")).encode()

    @pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n \n"])
    @pytest.mark.parametrize("size", [1, 7, 10_000])
    def test_a_stream_that_is_one_whole_answer(self, start: bytes, size: int) -> None:
        body, decoder, received = start + self.BODY, CHAT.decoder(), []
        for at in range(0, len(body), size):
            received += decoder.feed(body[at : at + size])
        assert not decoder.done
        assert fold(received + decoder.end()) == fold(CHAT.decode(self.BODY))
        assert decoder.done

    def test_a_stream_that_is_one_refusal(self) -> None:
        decoder = CHAT.decoder()
        decoder.feed(b'{"error": {"message": "overloaded", "code": 529}}')
        with pytest.raises(RefusedError, match="overloaded"):
            decoder.end()

    def test_a_stream_that_is_a_page(self) -> None:
        decoder = CHAT.decoder()
        decoder.feed(b"<!doctype html>")
        with pytest.raises(ProviderError, match="a web page, not JSON"):
            decoder.end()

    def test_a_stream_that_is_a_body_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("llmspell.providers.wire.sse.MAX_EVENT", 100)
        decoder = CHAT.decoder()
        decoder.feed(b"{" + 90 * b" ")
        with pytest.raises(ProviderError, match="is no stream and larger"):
            decoder.feed(10 * b" ")

    @pytest.mark.parametrize("start", [b"", b": wait\n\n", b"event: message\n"])
    def test_a_whole_answer_that_is_a_stream(self, start: bytes) -> None:
        body = start + stream_of(chunk({"content": "Hel"}), chunk({"content": "lo"}, "stop"), DONE)
        assert fold(CHAT.decode(body)).text == "Hello"

    def test_a_byte_order_mark(self) -> None:
        assert fold(CHAT.decode(b"\xef\xbb\xbf" + self.BODY)).text == "Hello"
        stream = b"\xef\xbb\xbf" + stream_of(chunk({"content": "Hello"}, "stop"), DONE)
        decoder = CHAT.decoder()
        assert fold(decoder.feed(stream)).text == "Hello"

    def test_an_empty_body(self) -> None:
        with pytest.raises(ProviderError, match="damaged or was cut off") as failed:
            CHAT.decode(b"")
        assert failed.value.retryable
        with pytest.raises(ProviderError, match="cut off") as failed:
            CHAT.decoder().end()
        assert failed.value.retryable


def test_thoughts_come_before_the_text_of_their_chunk() -> None:
    both = events(chunk({"content": "Yes", "reasoning_content": "Hm"}, "stop"), DONE)
    assert both[1:3] == [ReasoningDelta("Hm"), TextDelta("Yes")]
