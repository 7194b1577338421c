from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmspell.errors import LlmspellError, ModelError
from llmspell.providers.base import Request
from llmspell.providers.content import Message
from llmspell.providers.local import client, gguf, preflight
from llmspell.providers.local.gguf import Field, NewTensor
from llmspell.providers.local.provider import LocalProvider
from llmspell.providers.local.store import ModelStore
from tests import tiny

RUNTIMES = ["llamacpp", "ctransformers"]


def retype(name: str, kind: int) -> object:
    def edit(fields, tensors):
        at = next(index for index, tensor in enumerate(tensors) if tensor.name == name)
        tensors[at] = tensors[at]._replace(type=kind)

    return edit


def without(*names: str) -> object:
    def edit(fields, tensors):
        for name in names:
            fields.pop(name, None)
        tensors[:] = [tensor for tensor in tensors if tensor.name not in names]

    return edit


def having(**values: Field) -> object:
    return lambda fields, tensors: fields.update({key.replace("__", "."): value for key, value in values.items()})


def surplus(fields, tensors):
    tensors.append(NewTensor("rope_freqs.weight", (8,), 0, 32, lambda: [bytes(32)]))


REFUSED = {
    "scores": (without("tokenizer.ggml.scores"), "no token scores"),
    "tied": (without("output.weight"), "tied to its embeddings"),
    "architecture": (having(general__architecture=Field.text("qwen2")), "architecture is qwen2"),
    "tensor type": (retype("blk.0.ffn_up.weight", 20), "tensors of the type IQ4_NL"),
    "no vocabulary": (without("tokenizer.ggml.tokens"), "no vocabulary"),
    "vocabulary of numbers": (having(tokenizer__ggml__tokens=Field.numbers(gguf.U32, [1, 2])), "no vocabulary"),
    "tokenizer": (having(tokenizer__ggml__model=Field.text("bert")), "neither llama nor gpt2"),
    "scores of another size": (having(tokenizer__ggml__scores=Field.numbers(gguf.F32, [0.0])), "scores list"),
    "scores of another type": (having(tokenizer__ggml__scores=Field.strings([b"x"])), "scores list"),
    "no token types": (without("tokenizer.ggml.token_type"), "token type list"),
    "bos": (having(tokenizer__ggml__bos_token_id=Field.number(gguf.U32, 9999)), "bos token 9999 is outside"),
    "eos": (having(tokenizer__ggml__eos_token_id=Field.number(gguf.I32, -1)), "eos token -1 is outside"),
    "surplus tensor": (surplus, "not expected: 'rope_freqs.weight'"),
    "missing tensor": (without("blk.0.attn_k.weight"), "lacks the tensor blk.0.attn_k.weight"),
    "no block count": (without("llama.block_count"), "how many blocks"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_ctransformers_cannot_use_is_refused_with_the_reason(tmp_path, case):
    edit, reason = REFUSED[case]
    path = tiny.write(tmp_path / "model.gguf", edit=edit)
    with pytest.raises(ModelError, match=reason) as caught:
        preflight.check(path, "ctransformers")
    assert str(path) in caught.value.message


def test_what_can_be_converted_says_how(tmp_path):
    with pytest.raises(ModelError, match="byte-encoded") as caught:
        preflight.check(tiny.write(tmp_path / "modern.gguf", bpe=True), "ctransformers")
    assert caught.value.hint == "run: llmspell models convert modern"


def test_what_cannot_be_converted_points_to_the_other_runtime(tmp_path):
    path = tiny.write(tmp_path / "other.gguf", edit=REFUSED["architecture"][0])
    with pytest.raises(ModelError) as caught:
        preflight.check(path, "ctransformers")
    assert "llamacpp/other" in caught.value.hint


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_good_file_passes(tmp_path, runtime):
    assert preflight.check(tiny.write(tmp_path / "tiny.gguf"), runtime).architecture == "llama"


def test_an_id_that_means_none_is_no_id(tmp_path):
    path = tiny.write(
        tmp_path / "tiny.gguf", edit=having(tokenizer__ggml__padding_token_id=Field.number(4, 0xFFFFFFFF))
    )
    preflight.check(path, "ctransformers")


def empty_tensor(fields, tensors):
    tensors[0] = tensors[0]._replace(shape=(0, 4), nbytes=0, chunks=list)


DAMAGED = {
    "no tensors": (lambda fields, tensors: tensors.clear(), "no tensors"),
    "no architecture": (without("general.architecture"), "does not name its architecture"),
    "rows": (lambda f, t: t.append(NewTensor("x", (33,), 2, 18, lambda: [bytes(18)])), "rows of 33 numbers"),
    "empty": (empty_tensor, "is empty"),
}


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("case", DAMAGED)
def test_damage_is_refused_for_both(tmp_path, case, runtime):
    edit, reason = DAMAGED[case]
    with pytest.raises(ModelError, match=reason):
        preflight.check(tiny.write(tmp_path / "model.gguf", edit=edit), runtime)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_file_cut_off_in_its_data_is_refused(tmp_path, runtime):
    path = tiny.write(tmp_path / "cut.gguf")
    path.write_bytes(path.read_bytes()[:-40_000])
    with pytest.raises(ModelError, match="cut off") as caught:
        preflight.check(path, runtime)
    assert caught.value.hint == "fetch the file again"


def test_unaligned_data_is_refused(tmp_path):
    path = tiny.write(tmp_path / "odd.gguf")
    data = bytearray(path.read_bytes())
    offset = data.index(b"token_embd.weight") + len("token_embd.weight") + 4 + 16 + 4
    data[offset] = 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="not aligned"):
        preflight.check(path, "llamacpp")


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> bytes:
    return tiny.write(tmp_path_factory.mktemp("preflight") / "tiny.gguf").read_bytes()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_raises_anything_else(sample, tmp_path, data):
    damaged = bytearray(sample)
    for at in data.draw(st.lists(st.integers(0, 16_000), min_size=1, max_size=3)):
        damaged[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.gguf"
    path.write_bytes(damaged[: data.draw(st.integers(8, len(damaged)) | st.just(len(damaged)))])
    for runtime in RUNTIMES:
        try:
            preflight.check(path, runtime)
        except LlmspellError as error:
            assert error.kind == "model"  # noqa: PT017  # passing is as good as refusing


def ask(path: Path, runtime: str) -> LlmspellError | None:
    """What a damaged file leads to, in the end; None when it answers all the same."""

    async def run() -> None:
        provider = LocalProvider(ModelStore(path.parent), runtime)
        try:
            request = Request(model=str(path), messages=[Message("user", "hi")], max_tokens=4, timeout=30.0)
            await provider.complete(request)
        finally:
            await provider.aclose()

    try:
        asyncio.run(run())
    except LlmspellError as error:
        return error
    return None


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_refused_file_reaches_no_runtime(tmp_path, runtime, monkeypatch):
    def start(*args):
        raise AssertionError("a process was started")

    monkeypatch.setattr(client.Child, "start", start)
    path = tiny.write(tmp_path / "cut.gguf")
    path.write_bytes(path.read_bytes()[:9000])
    assert ask(path, runtime).kind == "model"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_damage_that_passes_the_checks_is_an_error_and_no_crash_of_ours(sample, tmp_path, runtime):
    for at in range(40, 15_000, 2500):
        damaged = bytearray(sample)
        damaged[at] ^= 0xFF
        path = tmp_path / f"damaged{at}.gguf"
        path.write_bytes(damaged)
        error = ask(path, runtime)
        assert error is None or error.kind == "model"
