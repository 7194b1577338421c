"""Wire formats are found by name and made in a dialect."""

import json

import pytest

from llmspell.errors import InvalidValueError, ModelError
from llmspell.providers.base import Request
from llmspell.providers.content import Media, Message
from llmspell.providers.wire import formats
from llmspell.providers.wire.format import Format


@pytest.mark.parametrize("name", formats.NAMES)
def test_a_format_knows_its_name(name):
    made = formats.make(name, {})
    assert isinstance(made, Format)
    assert made.name == name


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(InvalidValueError, match="there is no wire format 'morse'") as caught:
        formats.make("morse", {})
    assert "openai-chat" in (caught.value.hint or "")


def test_an_unknown_format_may_be_misspelt():
    with pytest.raises(InvalidValueError, match="no wire format 'antropic'") as caught:
        formats.make("antropic", {})
    assert caught.value.hint == "did you mean anthropic?"


@pytest.mark.parametrize(("switch", "hint"), [("shout", "stream_usage"), ("max_token", "did you mean max_tokens?")])
def test_an_unknown_switch_names_the_known_ones(switch, hint):
    with pytest.raises(InvalidValueError, match=f"no dialect switch '{switch}'") as caught:
        formats.make("openai-chat", {"strict": True, switch: True})
    assert hint in (caught.value.hint or "")


LINK = "https://x.test/a.png"
CLOSELY = Media(kind="image", mime="image/png", url=LINK, detail="high")
SEEN = Media(kind="image", mime="image/png", data=b"png", detail="low")
LEFT = Media(kind="image", mime="image/png", file_id="file-1")
REPORT = Media(kind="document", mime="application/pdf", file_id="file-2")


def sent(wire, part, model="m-1", **dialect):
    """The request, as bytes and headers, for a message with that part alone."""
    return formats.make(wire, dialect).chat(Request(model=model, messages=[Message("user", [part])]), stream=False)


@pytest.mark.parametrize(
    ("wire", "part", "expected"),
    [
        ("openai-chat", CLOSELY, {"type": "image_url", "image_url": {"url": LINK, "detail": "high"}}),
        ("openai-chat", REPORT, {"type": "file", "file": {"file_id": "file-2"}}),
        ("openai-responses", CLOSELY, {"type": "input_image", "image_url": LINK, "detail": "high"}),
        ("openai-responses", LEFT, {"type": "input_image", "file_id": "file-1", "detail": "auto"}),
        ("openai-responses", REPORT, {"type": "input_file", "file_id": "file-2"}),
        ("anthropic", LEFT, {"type": "image", "source": {"type": "file", "file_id": "file-1"}}),
        ("anthropic", REPORT, {"type": "document", "source": {"type": "file", "file_id": "file-2"}}),
        ("cohere-v2", CLOSELY, {"type": "image_url", "image_url": {"url": LINK, "detail": "high"}}),
        (
            "gemini",
            SEEN,
            {
                "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"},
                "inlineData": {"mimeType": "image/png", "data": "cG5n"},
            },
        ),
    ],
)
def test_how_closely_to_look_and_files_that_were_left(wire, part, expected):
    body = json.loads(sent(wire, part).body)
    [turn] = body.get("contents") or body.get("input") or body["messages"]
    assert (turn.get("parts") or turn["content"]) == [expected]


def test_a_service_of_documents_by_url_takes_files_in_its_own_way():
    body = json.loads(sent("openai-chat", REPORT, documents="document_url").body)
    assert body["messages"][0]["content"] == [{"type": "file", "file_id": "file-2"}]


@pytest.mark.parametrize(
    ("wire", "part", "what"),
    [
        ("openai-chat", LEFT, "file_id of image"),
        ("anthropic", CLOSELY, "detail of image"),
        ("bedrock", SEEN, "detail of image"),
        ("bedrock", REPORT, "file_id of document"),
        ("ollama", SEEN, "detail of image"),
        ("ollama", LEFT, "file_id of image"),
        ("cohere-v2", LEFT, "file_id of image"),
        ("gemini", LEFT, "file_id of image"),
    ],
)
def test_what_a_format_has_not_is_no_secret(wire, part, what):
    with pytest.raises(ModelError, match=f"the {wire} format has no {what} parts"):
        sent(wire, part)


def test_gemini_looks_closely_since_its_third_generation():
    assert b"MEDIA_RESOLUTION_LOW" in sent("gemini", SEEN, model="gemini-3-pro").body
    with pytest.raises(ModelError, match="no detail of image parts"):
        sent("gemini", SEEN, model="gemini-2.5-flash")


def test_anthropic_wants_to_be_told_of_files():
    betas = formats.make("anthropic", {}).chat(
        Request(model="m-1", messages=[Message("user", [LEFT])], extra={"betas": ["fast"]}), stream=False
    )
    assert betas.headers["anthropic-beta"] == "fast,files-api-2025-04-14"
    assert formats.make("anthropic", {}).count("m-1", [Message("user", [REPORT])]).headers["anthropic-beta"]
    assert "anthropic-beta" not in sent("anthropic", Media(kind="image", mime="image/png", url=LINK)).headers
