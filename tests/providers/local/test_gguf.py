from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.errors import LlmspellError, ModelError, NotFoundError
from llmspell.providers.local import gguf
from llmspell.providers.local.gguf import Field, NewTensor
from tests import tiny

NUMBERS = {
    0: st.integers(0, 255),
    1: st.integers(-128, 127),
    2: st.integers(0, 65535),
    3: st.integers(-(2**15), 2**15 - 1),
    4: st.integers(0, 2**32 - 1),
    5: st.integers(-(2**31), 2**31 - 1),
    6: st.floats(width=32, allow_nan=False),
    7: st.booleans(),
    10: st.integers(0, 2**64 - 1),
    11: st.integers(-(2**63), 2**63 - 1),
    12: st.floats(allow_nan=False),
}
NAMES = st.text(min_size=1, max_size=20).filter(lambda name: name != "general.alignment")
VALUES = st.one_of(
    *(values.map(lambda value, kind=kind: (Field.number(kind, value), value)) for kind, values in NUMBERS.items()),
    st.text().map(lambda text: (Field.text(text), text.encode())),
    st.lists(st.binary()).map(lambda values: (Field.strings(values), values)),
    *(
        st.lists(values).map(lambda items, kind=kind: (Field.numbers(kind, items), items))
        for kind, values in NUMBERS.items()
    ),
)
TENSORS = st.dictionaries(NAMES, st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=5)


def written(fields: dict[str, Field], shapes: dict[str, tuple[int, int]], version: int = 3) -> bytes:
    file = io.BytesIO()
    tensors = []
    for number, (name, (columns, rows)) in enumerate(shapes.items()):
        data = bytes([number + 1]) * (4 * columns * rows)
        tensors.append(NewTensor(name, (columns, rows), 0, len(data), lambda data=data: [data[:3], data[3:]]))
    gguf.write(file, version, fields, tensors)
    return file.getvalue()


@given(st.dictionaries(NAMES, VALUES, max_size=8), TENSORS, st.sampled_from([2, 3]), st.sampled_from([8, 32, 4096]))
def test_what_is_written_is_read_back(fields, shapes, version, alignment):
    given_fields = {"general.alignment": Field.number(gguf.U32, alignment)}
    given_fields |= {name: field for name, (field, _) in fields.items()}
    data = written(given_fields, shapes, version)
    header = gguf.parse(data, len(data), Path("x.gguf"))
    assert header.version == version
    assert {name: header.get(name) for name in fields} == {name: value for name, (_, value) in fields.items()}
    assert {name: tensor.shape for name, tensor in header.tensors.items()} == shapes
    for number, tensor in enumerate(header.tensors.values()):
        start, length = header.span(tensor)
        assert start % alignment == 0
        assert data[start : start + length] == bytes([number + 1]) * length


def test_typed_access_to_metadata():
    fields = {
        "general.architecture": Field.text("llama"),
        "llama.context_length": Field.number(gguf.U32, 77),
        "number": Field.number(gguf.F32, 0.5),
        "list": Field.numbers(gguf.I32, [1, 2, 3]),
    }
    data = written(fields, {})
    header = gguf.parse(data, len(data), Path("x.gguf"))
    assert (header.architecture, header.context_length) == ("llama", 77)
    assert header.array_length("list") == 3
    assert header.array_length("number") is None
    assert header.text("number") is None
    assert header.integer("general.architecture") is None
    assert header.integer("absent") is header.get("absent") is None


def test_a_header_longer_than_the_first_read_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(gguf, "_FIRST_READ", 64)
    path = tiny.write(tmp_path / "tiny.gguf")
    assert gguf.read(path).array_length("tokenizer.ggml.tokens") > 256


def test_a_header_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(gguf, "_FIRST_READ", 64)
    monkeypatch.setattr(gguf, "_LARGEST_HEADER", 256)
    with pytest.raises(ModelError, match="header is longer"):
        gguf.read(tiny.write(tmp_path / "tiny.gguf"))


def test_an_unknown_tensor_type_reaches_to_the_next_tensor(tmp_path):
    file = io.BytesIO()
    tensors = [NewTensor(name, (4,), 99, 40, lambda: [bytes(40)]) for name in "ab"]
    gguf.write(file, 3, {}, tensors)
    data = file.getvalue()
    header = gguf.parse(data, len(data), Path("x.gguf"))
    assert header.tensors["a"].nbytes is None
    assert header.span(header.tensors["a"])[1] == 64
    assert sum(header.span(header.tensors["b"])) == len(data)


HEADER = struct.Struct("<IQQ")


def header_bytes(version: int = 3, tensors: int = 0, fields: int = 0, rest: bytes = b"") -> bytes:
    return b"GGUF" + HEADER.pack(version, tensors, fields) + rest


def named(name: bytes, rest: bytes) -> bytes:
    return struct.pack("<Q", len(name)) + name + rest


DAMAGED = {
    "empty": (b"", "does not start with"),
    "other": (b"PK\3\4" + bytes(100), "does not start with"),
    "short": (b"GGUF\3\0\0", "ends inside its header"),
    "version 1": (header_bytes(1), "version is 1"),
    "big-endian": (b"GGUF\0\0\0\3" + bytes(16), "big-endian"),
    "counts": (header_bytes(tensors=2**63), "claims"),
    "name past the end": (header_bytes(fields=1, rest=struct.pack("<Q", 2**62)), "ends inside"),
    "name not text": (header_bytes(fields=1, rest=named(b"\xff", bytes(8))), "not UTF-8"),
    "value type": (header_bytes(fields=1, rest=named(b"a", struct.pack("<I", 13) + bytes(9))), "unknown type 13"),
    "array type": (header_bytes(fields=1, rest=named(b"a", struct.pack("<IIQ", 9, 9, 1))), "items of type 9"),
    "array length": (header_bytes(fields=1, rest=named(b"a", struct.pack("<IIQ", 9, 4, 2**62))), "ends inside"),
    "string count": (header_bytes(fields=1, rest=named(b"a", struct.pack("<IIQ", 9, 8, 2**60))), "claims"),
    "string in array": (
        header_bytes(fields=1, rest=named(b"a", struct.pack("<IIQQ", 9, 8, 2, 2**63) + bytes(40))),
        "ends inside",
    ),
    "key twice": (header_bytes(fields=2, rest=named(b"a", struct.pack("<II", 4, 1)) * 2), "twice"),
    "dimensions": (header_bytes(tensors=1, rest=named(b"a", struct.pack("<I", 5) + bytes(64))), "5 dimensions"),
    "alignment": (
        header_bytes(fields=1, rest=named(b"general.alignment", struct.pack("<II", 4, 3))),
        "power of two",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_header_is_named(tmp_path, case):
    data, reason = DAMAGED[case]
    path = tmp_path / "damaged.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=reason) as caught:
        gguf.read(path)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(NotFoundError, match="no model file"):
        gguf.read(tmp_path / "absent.gguf")
    with pytest.raises(ModelError, match="cannot read"):
        gguf.read(tmp_path)


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> bytes:
    return tiny.write(tmp_path_factory.mktemp("gguf") / "tiny.gguf").read_bytes()


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damage_anywhere_is_either_noticed_or_harmless(sample, tmp_path_factory, data):
    damaged = bytearray(sample[: data.draw(st.integers(0, len(sample)))])
    edges = st.integers(0, 400) | st.integers(0, 16_000)  # where the header and its lengths are
    for at, value in data.draw(st.lists(st.tuples(edges, st.integers(0, 255)), max_size=4)):
        if at < len(damaged):
            damaged[at] = value
    path = tmp_path_factory.getbasetemp() / "damaged.gguf"
    path.write_bytes(damaged)
    try:
        header = gguf.read(path)
        for field in header.fields.values():
            field.value()
    except LlmspellError as error:
        assert error.kind == "model"  # noqa: PT017  # nothing else may be raised, and nothing need be
