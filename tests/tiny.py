"""Makes tiny model files that replay a canned reply, for tests that need a real runtime but no real model.

The graph is that of llama with attention and feed-forward all zero, so that the next token depends on the last
one alone: embeddings are one-hot, and the output matrix points from each token to its successor. Any prompt leads
to the first token of the reply.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

from llmspell.providers.local import gguf
from llmspell.providers.local.convert import byte_alphabet
from llmspell.providers.local.gguf import Field, NewTensor

REPLY = "Hello from a tiny model. It says: naïve café 🦙, and stops."
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
HERMES = """{% if tools %}<|im_start|>system
<tools>{% for tool in tools %}
{{ tool | tojson }}{% endfor %}
</tools>
Answer with <tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call><|im_end|>
{% endif %}{% for m in messages %}{% if m.tool_calls %}<|im_start|>assistant{% for call in m.tool_calls %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% elif m.role == "tool" %}<|im_start|>user
<tool_response>
{{ m.content }}
</tool_response><|im_end|>
{% else %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if messages[-1].role == "tool" %}<|after_tools|>{% endif %}{% endif %}"""
"""A chat template with tools, in the manner of the Hermes models; an answer to results begins at a token of its own."""
_AFTER_TOOLS = "<|after_tools|>"
_ONE = struct.pack("<e", 1.0)
_FEED_FORWARD = 64
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6


class Vocabulary:
    """Tokens as a file lists them, and the chains that replies walk along."""

    def __init__(self, *, bpe: bool) -> None:
        self.bpe = bpe
        self.tokens: list[bytes] = []
        self.kinds: list[int] = []
        self._encoded = {byte: character for character, byte in byte_alphabet().items()}
        for name, kind in (("<unk>", _UNKNOWN), ("<s>", _CONTROL), ("</s>", _CONTROL)):
            self._add(name.encode(), kind)
        self.bytes_from = len(self.tokens)
        for byte in range(256):
            self._add(*((self._encoded[byte].encode(), _NORMAL) if bpe else (f"<0x{byte:02X}>".encode(), _BYTE)))
        for name in ("<|im_start|>", "<|im_end|>", _AFTER_TOOLS):
            self._add(name.encode(), _CONTROL)
        if not bpe:
            self._add("▁".encode(), _NORMAL)

    def _add(self, token: bytes, kind: int) -> int:
        self.tokens.append(token)
        self.kinds.append(kind)
        return len(self.tokens) - 1

    def spell(self, text: str) -> list[int]:
        """A token for each word of `text`, made on the way; words beyond ASCII become bytes while those last."""
        chain: list[int] = []
        waiting = ""
        for word in re.findall(r"\s?\S+|\s", text):
            waiting += word
            token = self._written(waiting)
            spelled = [self.bytes_from + byte for byte in waiting.encode()]
            if not waiting.isascii() and len(set(spelled)) == len(spelled) and not set(spelled) & set(chain):
                chain += spelled
            elif token not in self.tokens:
                chain.append(self._add(token, _NORMAL))
            else:
                continue
            waiting = ""
        assert not waiting, f"{waiting!r} is in the reply twice"
        return chain

    def _written(self, text: str) -> bytes:
        if self.bpe:
            return "".join(self._encoded[byte] for byte in text.encode()).encode()
        return text.replace(" ", "▁").encode()

    def fields(self) -> dict[str, Field]:
        """The metadata of the tokenizer."""
        prefix = "tokenizer.ggml."
        fields = {
            "model": Field.text("gpt2" if self.bpe else "llama"),
            "tokens": Field.strings(self.tokens),
            "token_type": Field.numbers(gguf.I32, self.kinds),
            "bos_token_id": Field.number(gguf.U32, 1),
            "eos_token_id": Field.number(gguf.U32, 2),
            "unknown_token_id": Field.number(gguf.U32, 0),
        }
        if self.bpe:
            fields |= {"pre": Field.text("gpt-2"), "merges": Field.strings([b"h e", "Ġ h".encode()])}
        else:
            fields["scores"] = Field.numbers(gguf.F32, [-float(id_) for id_ in range(len(self.tokens))])
        return {prefix + key: field for key, field in fields.items()}


def write(
    path: Path,
    reply: str = REPLY,
    *,
    context: int = 512,
    loop: bool = False,
    branches: Sequence[str] = (),
    after_tools: str = "",
    template: str = CHATML,
    bpe: bool = False,
    edit: Callable[[dict[str, Field], list[NewTensor]], None] | None = None,
) -> Path:
    """Write a GGUF file that answers `reply` to anything, and give its path.

    `loop` starts the reply again instead of ending it, `branches` are words one of which follows the first word,
    with equal odds, `after_tools` is what it says instead once a tool has answered (with the template `HERMES`),
    in words that `reply` does not have. `bpe` makes the vocabulary byte-encoded and leaves out the scores, as modern
    files do. `edit` may change the metadata and the tensors.
    """
    vocabulary = Vocabulary(bpe=bpe)
    steps = [[token] for token in vocabulary.spell(reply)]
    if branches:
        steps.insert(1, [vocabulary.spell(" " + word)[0] for word in branches])
    second = [[token] for token in vocabulary.spell(after_tools)]
    fields = _graph(len(vocabulary.tokens), context) | vocabulary.fields()
    if template:
        fields["tokenizer.chat_template"] = Field.text(template)
    successors = _successors(steps, len(vocabulary.tokens), loop=loop)
    if second:
        begin = vocabulary.tokens.index(_AFTER_TOOLS.encode())
        for token, following in zip([begin, *(token for [token] in second)], [*second, [2]], strict=True):
            successors[token] = following
    tensors = _tensors(successors)
    if edit is not None:
        edit(fields, tensors)
    with path.open("wb") as file:
        gguf.write(file, 3, fields, tensors)
    return path


def write_gpt2(path: Path, reply: str = "Hello from the days before GGUF.", context: int = 256) -> Path:
    """Write a GPT-2 model in the GGML format of 2023 that answers `reply` to anything, and give its path."""
    words = re.findall(r" ?\S+", reply)
    vocabulary = [bytes([byte]) for byte in range(256)] + [word.encode() for word in words] + [b"<|endoftext|>"]
    count, width = len(vocabulary), _width(len(vocabulary))
    steps = [[256 + index] for index in range(len(words))]
    successors = _successors(steps, count, loop=False, end=count - 1)
    with path.open("wb") as file:
        file.write(b"lmgg" + struct.pack("<7i", count, context, width, width // 32, 1, 1, count))
        for word in vocabulary:
            file.write(struct.pack("<I", len(word)) + word)
        for name, shape, kind, data in _gpt2_tensors(successors, width, context):
            file.write(struct.pack(f"<{3 + len(shape)}i", len(shape), len(name), kind, *shape) + name.encode() + data)
    return path


def _gpt2_tensors(
    successors: list[list[int]], width: int, context: int
) -> list[tuple[str, tuple[int, ...], int, bytes]]:
    count = len(successors)
    head = [(to, token) for token in range(count) for to in successors[token]]
    sharp, zeros = struct.pack("<f", 16.0) * width, bytes(4 * width)
    tensors = [
        ("model/wte", (width, count), 1, _matrix(width, count, [(token, token) for token in range(count)])),
        ("model/wpe", (width, context), 0, bytes(4 * width * context)),
        ("model/lm_head", (width, count), 1, _matrix(width, count, head)),
    ]
    for norm in ("model/ln_f", "model/h0/ln_1", "model/h0/ln_2"):
        tensors += [(f"{norm}/g", (width,), 0, sharp), (f"{norm}/b", (width,), 0, zeros)]
    shapes = {"attn/c_attn": (1, 3), "attn/c_proj": (1, 1), "mlp/c_fc": (1, 4), "mlp/c_proj": (4, 1)}
    for name, (columns, rows) in shapes.items():
        shape = (columns * width, rows * width)
        tensors.append((f"model/h0/{name}/w", shape, 1, bytes(2 * shape[0] * shape[1])))
        tensors.append((f"model/h0/{name}/b", (shape[1],), 0, bytes(4 * shape[1])))
    return tensors


def _successors(steps: list[list[int]], count: int, *, loop: bool, end: int = 2) -> list[list[int]]:
    ends = steps[0] if loop else [end]
    successors = [steps[0]] * count
    for step, following in zip(steps, [*steps[1:], ends], strict=True):
        for token in step:
            successors[token] = following
    return successors


def _width(count: int) -> int:
    return (count + 63) // 64 * 64


def _graph(count: int, context: int) -> dict[str, Field]:
    width = _width(count)
    numbers = {
        "context_length": context,
        "embedding_length": width,
        "block_count": 1,
        "feed_forward_length": _FEED_FORWARD,
        "attention.head_count": width // 32,
        "attention.head_count_kv": width // 32,
        "rope.dimension_count": 32,
    }
    return {
        "general.architecture": Field.text("llama"),
        "general.name": Field.text("tiny"),
        "general.file_type": Field.number(gguf.U32, 1),
        **{f"llama.{key}": Field.number(gguf.U32, value) for key, value in numbers.items()},
        "llama.attention.layer_norm_rms_epsilon": Field.number(gguf.F32, 1e-5),
    }


def _tensors(successors: list[list[int]]) -> list[NewTensor]:
    count = len(successors)
    width = _width(count)
    ones = struct.pack("<f", 1.0) * width
    tensors = [
        _half("token_embd.weight", width, count, [(token, token) for token in range(count)]),
        _tensor("output_norm.weight", (width,), 0, ones),
        _half("output.weight", width, count, [(to, token) for token in range(count) for to in successors[token]]),
    ]
    tensors += [_tensor(f"blk.0.{name}.weight", (width,), 0, ones) for name in ("attn_norm", "ffn_norm")]
    shapes = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (width, width))
    shapes |= {"ffn_gate": (width, _FEED_FORWARD), "ffn_up": (width, _FEED_FORWARD), "ffn_down": (_FEED_FORWARD, width)}
    return tensors + [_zeros(f"blk.0.{name}.weight", shape) for name, shape in shapes.items()]


def _half(name: str, width: int, count: int, ones: list[tuple[int, int]]) -> NewTensor:
    return _tensor(name, (width, count), 1, _matrix(width, count, ones))


def _matrix(width: int, count: int, ones: list[tuple[int, int]]) -> bytes:
    data = bytearray(2 * width * count)
    for row, column in ones:
        at = 2 * (row * width + column)
        data[at : at + 2] = _ONE
    return bytes(data)


def _zeros(name: str, shape: tuple[int, int]) -> NewTensor:
    return _tensor(name, shape, 2, bytes(shape[0] * shape[1] // 32 * 18))


def _tensor(name: str, shape: tuple[int, ...], kind: int, data: bytes) -> NewTensor:
    return NewTensor(name, shape, kind, len(data), lambda: [data])
