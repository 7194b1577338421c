"""Reading and writing GGUF, the file format of llama.cpp, versions 2 and 3, little-endian.

The format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. A header holds typed metadata and a
table of tensors, whose data follows, each at a multiple of the alignment. Reading trusts no length in the
file: each is held against the size of the file before anything of that length is touched.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from llmspell.errors import ModelError, NotFoundError
from llmspell.providers.local.tensor_types import TENSOR_TYPES

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32

_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")
_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_SCALARS = {code: struct.Struct("<" + letter) for code, letter in _FORMATS.items()}
U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9

_FIRST_READ = 4 << 20
_LARGEST_HEADER = 256 << 20


class Tensor(NamedTuple):
    """An entry of the tensor table; `offset` counts from the start of the data."""

    name: str
    shape: tuple[int, ...]
    type: int
    offset: int

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        product = 1
        for length in self.shape:
            product *= length
        return product

    @property
    def nbytes(self) -> int | None:
        """Its size in the file; None for a type this module does not know."""
        kind = TENSOR_TYPES.get(self.type)
        return None if kind is None else self.elements // kind.block * kind.bytes


class Field(NamedTuple):
    """A metadata value as it stands in the file; `value` decodes it."""

    type: int
    raw: bytes

    @classmethod
    def text(cls, value: str) -> Field:
        """A string."""
        return cls(STRING, _string(value.encode()))

    @classmethod
    def number(cls, kind: int, value: float) -> Field:
        """A scalar of the type `kind`, such as `U32` or `F32`."""
        return cls(kind, _SCALARS[kind].pack(value))

    @classmethod
    def strings(cls, values: Sequence[bytes]) -> Field:
        """An array of strings, which need not be UTF-8."""
        return cls(ARRAY, struct.pack("<IQ", STRING, len(values)) + b"".join(map(_string, values)))

    @classmethod
    def numbers(cls, kind: int, values: Sequence[float]) -> Field:
        """An array of scalars of the type `kind`."""
        packed = struct.pack(f"<IQ{len(values)}{_FORMATS[kind]}", kind, len(values), *values)
        return cls(ARRAY, packed)

    @property
    def item_type(self) -> int:
        """The type of an array's items."""
        return int(_U32.unpack_from(self.raw)[0])

    @property
    def length(self) -> int:
        """The length of an array."""
        return int(_U64.unpack_from(self.raw, 4)[0])

    def value(self) -> Any:
        """A number, a bool, bytes for a string, or a list of those."""
        if self.type == STRING:
            return self.raw[8:]
        if self.type != ARRAY:
            return _SCALARS[self.type].unpack(self.raw)[0]
        kind = self.item_type
        if kind != STRING:
            return list(struct.unpack_from(f"<{self.length}{_FORMATS[kind]}", self.raw, 12))
        return self._split()

    def _split(self) -> list[bytes]:
        raw, at, parts = self.raw, 12, []
        for _ in range(self.length):
            end = at + 8 + _U64.unpack_from(raw, at)[0]
            parts.append(raw[at + 8 : end])
            at = end
        return parts


class Gguf(NamedTuple):
    """The header of a GGUF file. `data_start` is where tensor data begins, `size` the length of the file."""

    path: Path
    version: int
    fields: dict[str, Field]
    tensors: dict[str, Tensor]
    alignment: int
    data_start: int
    size: int

    def get(self, key: str) -> Any:
        """The decoded metadata value, or None."""
        field = self.fields.get(key)
        return None if field is None else field.value()

    def text(self, key: str) -> str | None:
        """A metadata string; None when it is absent or no string."""
        field = self.fields.get(key)
        return field.raw[8:].decode(errors="replace") if field is not None and field.type == STRING else None

    def integer(self, key: str) -> int | None:
        """A metadata integer; None when it is absent or no integer."""
        field = self.fields.get(key)
        if field is None or field.type in (F32, BOOL, STRING, ARRAY, 12):
            return None
        return int(field.value())

    def array_length(self, key: str) -> int | None:
        """The length of a metadata array; None when it is absent or no array."""
        field = self.fields.get(key)
        return field.length if field is not None and field.type == ARRAY else None

    @property
    def architecture(self) -> str:
        """The name of the model's graph, such as `llama`; empty when the file does not say."""
        return self.text("general.architecture") or ""

    @property
    def context_length(self) -> int | None:
        """The context the model was trained for, in tokens."""
        return self.integer(f"{self.architecture}.context_length")

    def span(self, tensor: Tensor) -> tuple[int, int]:
        """Where a tensor's data starts in the file, and its length in bytes."""
        start = self.data_start + tensor.offset
        if tensor.nbytes is not None:
            return start, tensor.nbytes
        later = [other.offset for other in self.tensors.values() if other.offset > tensor.offset]
        return start, (self.data_start + min(later) if later else self.size) - start


class NewTensor(NamedTuple):
    """A tensor to write: `chunks` gives its `nbytes` bytes when its turn comes."""

    name: str
    shape: tuple[int, ...]
    type: int
    nbytes: int
    chunks: Callable[[], Iterable[bytes]]


class _DamagedError(Exception):
    """What in the header cannot be."""


class _TooShortError(Exception):
    """The header goes on after the bytes read so far."""


def read(path: Path) -> Gguf:
    """The header of the file at `path`.

    Raises `NotFoundError` when there is no such file and `ModelError` when it is not GGUF or its header is
    damaged.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except FileNotFoundError:
        raise NotFoundError(f"there is no model file {path}") from None
    except OSError as error:
        raise ModelError(f"cannot read the model file {path}: {error.strerror}") from None
    except _DamagedError as damaged:
        raise ModelError(
            f"the model file {path} is damaged: {damaged}",
            hint="fetch the file again",
        ) from None


def _read(file: BinaryIO, path: Path) -> Gguf:
    size = file.seek(0, 2)
    length = _FIRST_READ
    while True:
        file.seek(0)
        data = file.read(length)
        try:
            return parse(data, size if length < size else len(data), path)
        except _TooShortError:
            if length >= _LARGEST_HEADER:
                raise _DamagedError(f"its header is longer than {_LARGEST_HEADER >> 20} MiB") from None
            length *= 4


def parse(data: bytes, size: int, path: Path) -> Gguf:
    """The header at the start of a file of `size` bytes, of which `data` are the first."""
    cursor = _Cursor(data, size)
    if data[:4] != MAGIC:
        raise _DamagedError("it does not start with the letters GGUF")
    cursor.take(4)
    version = cursor.number(_U32)
    if version not in VERSIONS:
        raise _DamagedError(f"its GGUF version is {_version_name(version)}; versions 2 and 3 are known")
    tensor_count, field_count = cursor.number(_U64), cursor.number(_U64)
    if (tensor_count + field_count) * 12 > size:
        raise _DamagedError(f"it claims {tensor_count} tensors and {field_count} metadata values")
    fields = cursor.table(field_count, _field)
    tensors = cursor.table(tensor_count, _tensor)
    alignment = _alignment(fields)
    data_start = cursor.at + -cursor.at % alignment
    return Gguf(path, version, fields, tensors, alignment, data_start, size)


def _version_name(version: int) -> str:
    return "big-endian" if version.to_bytes(4, "big") in (b"\2\0\0\0", b"\3\0\0\0") else str(version)


def _alignment(fields: Mapping[str, Field]) -> int:
    field = fields.get("general.alignment")
    if field is None:
        return DEFAULT_ALIGNMENT
    value = field.value() if field.type == U32 else 0
    if value < 1 or value & (value - 1) or value > 1 << 20:
        raise _DamagedError("its alignment is not a power of two")
    return int(value)


class _Cursor:
    """A place in the header that cannot be moved outside the file."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size
        self.at = 0

    def take(self, count: int) -> int:
        """Move on by `count` bytes, and where they start."""
        start, end = self.at, self.at + count
        if end > self._size:
            raise _DamagedError("it ends inside its header, or a length in the header is wrong")
        if end > len(self._data):
            raise _TooShortError
        self.at = end
        return start

    def number(self, form: struct.Struct) -> int:
        return int(form.unpack_from(self._data, self.take(form.size))[0])

    def string(self) -> bytes:
        length = self.number(_U64)
        start = self.take(length)
        return self._data[start : start + length]

    def name(self) -> str:
        try:
            return self.string().decode()
        except UnicodeDecodeError:
            raise _DamagedError("a name in its header is not UTF-8") from None

    def since(self, start: int) -> bytes:
        return self._data[start : self.at]

    def skip_value(self, kind: int) -> None:
        if kind in _SCALARS:
            self.take(_SCALARS[kind].size)
        elif kind == STRING:
            self.take(self.number(_U64))
        elif kind == ARRAY:
            self._skip_array()
        else:
            raise _DamagedError(f"a metadata value has the unknown type {kind}")

    def _skip_array(self) -> None:
        kind, count = self.number(_U32), self.number(_U64)
        if kind in _SCALARS:
            self.take(_SCALARS[kind].size * count)
        elif kind == STRING:
            self._skip_strings(count)
        else:
            raise _DamagedError(f"a metadata array has items of type {kind}")

    def _skip_strings(self, count: int) -> None:
        if count * 8 > self._size:
            raise _DamagedError(f"a metadata array claims {count} strings")
        data, at, last, length = self._data, self.at, len(self._data) - 8, _U64.unpack_from
        for _ in range(count):
            if at > last:
                self.take(at + 8 - self.at)
            at += 8 + length(data, at)[0]
        self.take(at - self.at)

    def table(self, count: int, entry: Callable[[_Cursor, str], Any]) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        for _ in range(count):
            name = self.name()
            if name in rows:
                raise _DamagedError(f"its header has {name!r:.80} twice")
            rows[name] = entry(self, name)
        return rows


def _field(cursor: _Cursor, _name: str) -> Field:
    kind = cursor.number(_U32)
    start = cursor.at
    cursor.skip_value(kind)
    return Field(kind, cursor.since(start))


def _tensor(cursor: _Cursor, name: str) -> Tensor:
    dimensions = cursor.number(_U32)
    if not 1 <= dimensions <= 4:
        raise _DamagedError(f"the tensor {name!r:.80} has {dimensions} dimensions")
    shape = tuple(cursor.number(_U64) for _ in range(dimensions))
    return Tensor(name, shape, cursor.number(_U32), cursor.number(_U64))


def write(file: BinaryIO, version: int, fields: Mapping[str, Field], tensors: Sequence[NewTensor]) -> None:
    """Write a GGUF file, taking each tensor's data only when its place is reached.

    The alignment is that of `fields`, 32 bytes when they name none.
    """
    alignment = _alignment(fields)
    file.write(MAGIC + struct.pack("<IQQ", version, len(tensors), len(fields)))
    file.writelines(_string(key.encode()) + _U32.pack(field.type) + field.raw for key, field in fields.items())
    offset = 0
    for tensor in tensors:
        file.write(_table_entry(tensor, offset))
        offset += tensor.nbytes + -tensor.nbytes % alignment
    file.write(bytes(-file.tell() % alignment))
    for tensor in tensors:
        file.writelines(tensor.chunks())
        file.write(bytes(-tensor.nbytes % alignment))


def _table_entry(tensor: NewTensor, offset: int) -> bytes:
    shape = struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
    return _string(tensor.name.encode()) + shape + struct.pack("<IQ", tensor.type, offset)


def _string(value: bytes) -> bytes:
    return _U64.pack(len(value)) + value
