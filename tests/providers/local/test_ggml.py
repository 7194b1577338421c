"""Files from before GGUF: told apart, checked, and run."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmspell.errors import ContextLengthError, LlmspellError, ModelError
from llmspell.providers.base import Request, Response
from llmspell.providers.content import Message
from llmspell.providers.local import client, ggml
from llmspell.providers.local.provider import LocalProvider
from llmspell.providers.local.store import ModelStore
from tests import tiny

REPLY = "Hello from the days before GGUF."
WORDS = [b"a", b"bc", b""]


def synthetic(
    magic: bytes,
    numbers: tuple[int, ...],
    tensors: dict[str, tuple[int, ...]],
    *,
    scored: bool = False,
    repeated: bool = False,
) -> bytes:
    data = bytearray(magic + struct.pack(f"<{len(numbers)}i", *numbers))
    if repeated:
        data += struct.pack("<i", len(WORDS))
    for word in WORDS:
        data += struct.pack("<I", len(word)) + word + (struct.pack("<f", -1.0) if scored else b"")
    for name, shape in tensors.items():
        data += struct.pack(f"<{3 + len(shape)}i", len(shape), len(name), 0, *shape) + name.encode()
        if magic[:4] == b"tjgg":
            data += bytes(-len(data) % 32)
        elements = 1
        for length in shape:
            elements *= length
        data += bytes(4 * elements)
    return bytes(data)


GPT2 = {"model/wte": (4, 3), "model/h0/attn/c_attn/w": (4, 12)}
LLAMA = {"tok_embeddings.weight": (4, 3), "norm": (3,)}
WTE = {"transformer.wte.weight": (4, 3), "other": (2,)}
KINDS = {
    "gpt2": synthetic(b"lmgg", (3, 9, 4, 1, 1, 0), GPT2, repeated=True),
    "starcoder": synthetic(b"lmgg", (3, 9, 4, 1, 1, 0), GPT2 | {"model/h0/attn/c_attn/w": (4, 6)}, repeated=True),
    "gptj": synthetic(b"lmgg", (3, 9, 4, 1, 1, 1, 0), WTE, repeated=True),
    "gpt_neox": synthetic(b"lmgg", (3, 9, 4, 1, 1, 1, 1, 0), {"gpt_neox.embed_in.weight": (4, 3)}),
    "mpt": synthetic(b"lmgg", (4, 9, 1, 1, 3, 0, 0, 0), WTE),
    "replit": synthetic(b"lmgg", (4, 9, 1, 1, 3, 0), WTE, scored=True),
    "llama": synthetic(
        b"tjgg\3\0\0\0", (3, 4, 1, 1, 1, 1, 0), {"tok_embeddings.weight": (4, 3), "norm": (3,)}, scored=True
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_known_by_its_layout(tmp_path, kind):
    path = tmp_path / "model.bin"
    path.write_bytes(KINDS[kind])
    model = ggml.read(path)
    assert (model.kind, model.vocabulary) == (kind, 3)
    assert model.context_length == (None if kind == "llama" else 9)
    assert next(iter(model.tensors.values())).shape == (4, 3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_cut_file_is_refused(tmp_path, kind, cut):
    path = tmp_path / "cut.bin"
    path.write_bytes(KINDS[kind][:-cut])
    with pytest.raises(ModelError, match="damaged, or of a kind that is not known") as caught:
        ggml.read(path)
    assert str(path) in caught.value.message
    assert "starcoder" in caught.value.hint


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(list(KINDS)), data=st.data())
def test_damage_is_noticed_or_harmless(tmp_path, kind, data):
    damaged = bytearray(KINDS[kind])
    for at in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=3)):
        damaged[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.bin"
    path.write_bytes(damaged)
    try:
        ggml.read(path)
    except LlmspellError as error:
        assert error.kind == "model"  # noqa: PT017  # passing is as good as refusing


def ask(path: Path, runtime: str = "auto", **options: object) -> Response:
    async def main() -> Response:
        provider = LocalProvider(ModelStore(path.parent), runtime)
        try:
            return await provider.complete(Request(model=path.stem, **{"messages": [Message("user", "hi")], **options}))
        finally:
            await provider.aclose()

    return asyncio.run(main())


@pytest.fixture(scope="module")
def old(tmp_path_factory) -> Path:
    return tiny.write_gpt2(tmp_path_factory.mktemp("old") / "old.bin")


@pytest.mark.parametrize("temperature", [None, 0.0, 0.5])
def test_an_old_model_answers(old, temperature):
    reply = ask(old, temperature=temperature)
    assert (reply.text, reply.finish_reason) == (REPLY, "stop")
    assert reply.usage.output_tokens == 7


def test_its_context_is_checked(old):
    with pytest.raises(ContextLengthError, match="holds 256"):
        ask(old, messages=[Message("user", "hi " * 200)])


def test_llama_cpp_says_that_it_cannot(old):
    with pytest.raises(ModelError, match="no longer reads") as caught:
        ask(old, "llamacpp")
    assert caught.value.hint == "name the model as ctransformers/old"


def test_a_damaged_one_reaches_no_runtime(old, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "Child", None)
    (tmp_path / "cut.bin").write_bytes(old.read_bytes()[:-10_000])
    with pytest.raises(ModelError, match="damaged"):
        ask(tmp_path / "cut.bin")


def test_its_facts(old):
    facts = ModelStore(old.parent).info("old")
    assert (facts["architecture"], facts["trained_context"], facts["chat_template"]) == ("gpt2", 256, False)
