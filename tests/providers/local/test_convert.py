from __future__ import annotations

import os

import pytest

from llmspell.errors import ModelError, NotFoundError
from llmspell.providers.local import convert as convert_module
from llmspell.providers.local import gguf, preflight
from llmspell.providers.local.convert import byte_alphabet, convert
from llmspell.providers.local.gguf import Field
from llmspell.providers.local.resolve import choose, load_options
from llmspell.providers.local.store import ModelStore
from tests import tiny


@pytest.fixture
def store(tmp_path) -> ModelStore:
    (tmp_path / "models").mkdir()
    return ModelStore(tmp_path / "models")


def without_output(fields, tensors):
    tensors[:] = [tensor for tensor in tensors if tensor.name != "output.weight"]


def test_the_alphabet_has_a_letter_for_each_byte():
    alphabet = byte_alphabet()
    assert sorted(alphabet.values()) == list(range(256))
    assert (alphabet["Ġ"], alphabet["Ċ"], alphabet["a"], alphabet["Ń"]) == (32, 10, 97, 0xAD)


def test_a_converted_model_is_one_that_ctransformers_takes(store):
    tiny.write(store.directory / "modern.gguf", bpe=True, edit=without_output)
    steps: list[tuple[str, int, int | None]] = []
    model = convert(store, "modern", progress=lambda *step: steps.append(step))
    assert (model.name, model.path.parent) == ("modern-ctransformers", store.directory)
    assert preflight.check(model.path, "ctransformers").text(preflight.CONVERTED_FOR) == "ctransformers"
    phase, done, total = steps[-1]
    assert (phase, done) == ("convert", total)
    assert sorted(path.name for path in store.directory.iterdir()) == ["modern-ctransformers.gguf", "modern.gguf"]


def data_of(header: gguf.Gguf, name: str) -> bytes:
    start, length = header.span(header.tensors[name])
    return header.path.read_bytes()[start : start + length]


def test_numbers_stay_and_the_output_is_the_embedding(store):
    source = gguf.read(tiny.write(store.directory / "modern.gguf", bpe=True, edit=without_output))
    result = gguf.read(convert(store, "modern").path)
    for name in source.tensors:
        assert data_of(result, name) == data_of(source, name)
    assert data_of(result, "output.weight") == data_of(source, "token_embd.weight")


def test_tokens_become_bytes_and_merges_keep_their_spaces(store):
    merges = ["Ġ h", "Ċ Ċ", "Ã ©"]

    def edit(fields, tensors):
        fields["tokenizer.ggml.merges"] = Field.strings([merge.encode() for merge in merges])

    source = gguf.read(tiny.write(store.directory / "modern.gguf", "Ça va?", bpe=True, edit=edit))
    result = gguf.read(convert(store, "modern").path)
    tokens = result.get("tokenizer.ggml.tokens")
    assert tokens[:3] == [b"<unk>", b"<s>", b"</s>"]
    assert tokens[3:259] == [bytes([byte]) for byte in range(256)]
    assert tokens[259:] == [b"<|im_start|>", b"<|im_end|>", b"<|after_tools|>", b" va?"]
    assert result.get("tokenizer.ggml.merges") == ["Ġ h".encode(), "Ċ Ċ".encode(), b"\xc3 \xa9"]
    assert result.get("tokenizer.ggml.scores") == [0.0] * len(tokens)
    assert result.get("tokenizer.chat_template") == source.get("tokenizer.chat_template")


def test_what_is_up_to_date_is_not_made_again(store, monkeypatch):
    source = tiny.write(store.directory / "modern.gguf", bpe=True)
    first = convert(store, "modern")
    written = first.path.stat().st_mtime_ns
    assert convert(store, "modern").path.stat().st_mtime_ns == written
    os.utime(source, (source.stat().st_mtime - 10,) * 2)
    assert convert(store, "modern").path.stat().st_mtime_ns == source.stat().st_mtime_ns != written


def test_a_model_elsewhere_is_converted_into_the_store(store, tmp_path):
    path = tiny.write(tmp_path / "outside.gguf", bpe=True)
    assert convert(store, str(path)).path == store.directory / "outside-ctransformers.gguf"


def test_a_conversion_belongs_to_its_file_alone(store, tmp_path):
    here, there = (tmp_path / name / "modern.gguf" for name in ("here", "there"))
    for at, path in enumerate((here, there)):
        path.parent.mkdir()
        os.utime(tiny.write(path, "one" if path is here else "two", bpe=True), (at * 100, at * 100))
    assert choose(store, str(here), "ctransformers").path == here
    made = convert(store, str(here))
    assert choose(store, str(here), "ctransformers").path == made.path
    assert choose(store, str(there), "ctransformers").path == there
    with pytest.raises(ModelError) as caught:
        load_options(choose(store, str(there), "ctransformers"), f"ctransformers/{there}", 64)
    assert caught.value.hint == f"run: llmspell models convert {there}"
    before = made.path.read_bytes()
    assert convert(store, str(there)).path.read_bytes() != before
    assert choose(store, str(here), "ctransformers").path == here


def test_a_conversion_outlives_its_source(store):
    source = tiny.write(store.directory / "modern.gguf", bpe=True)
    made = convert(store, "modern")
    source.unlink()
    assert choose(store, "modern", "ctransformers").path == made.path
    with pytest.raises(NotFoundError):
        choose(store, "modern", "llamacpp")


def test_what_cannot_be_converted_says_why(store):
    def edit(fields, tensors):
        fields["general.architecture"] = Field.text("qwen2")

    tiny.write(store.directory / "other.gguf", edit=edit)
    with pytest.raises(ModelError, match=r"cannot be converted.*qwen2"):
        convert(store, "other")
    with pytest.raises(NotFoundError):
        convert(store, "absent")


def test_an_interrupted_conversion_leaves_nothing(store):
    def interrupt(phase: str, done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    tiny.write(store.directory / "modern.gguf", bpe=True)
    with pytest.raises(KeyboardInterrupt):
        convert(store, "modern", progress=interrupt)
    assert [path.name for path in store.directory.iterdir()] == ["modern.gguf"]


def test_a_file_that_shrinks_meanwhile(store, monkeypatch):
    path = tiny.write(store.directory / "modern.gguf", bpe=True)
    header = gguf.read(path)
    monkeypatch.setattr(convert_module, "_readable", lambda _: header)
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(ModelError, match="became shorter"):
        convert(store, "modern")
