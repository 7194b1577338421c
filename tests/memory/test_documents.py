"""Documents from files of every kind."""

from __future__ import annotations

import builtins
import io
from contextlib import suppress
from typing import Any

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.errors import InvalidValueError, LlmspellError, NotFoundError
from llmspell.memory.documents import Document, read

STORY = "The tide comes at six, and it leaves at noon, as everybody in the harbour knows very well."
PAGE = f"<html><head><title>Tides</title></head><body><article><h1>Tides</h1><p>{STORY}</p></article></body></html>"


def pdf(*texts: str) -> bytes:
    """A PDF with a page for each text."""
    kids = " ".join(f"{3 + 2 * at} 0 R" for at in range(len(texts)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Count {len(texts)} /Kids [{kids}] >>"]
    font = "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    for at, text in enumerate(texts):
        stream = f"BT /F 12 Tf 50 700 Td ({text}) Tj ET"
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources {font} /Contents {4 + 2 * at} 0 R >>",
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
    objects.append("<< /Title (A guide to tides) >>")
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"<< /Size {size} /Root 1 0 R /Info {len(objects)} 0 R >>"
    return (
        out + f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n{trailer}\nstartxref\n{len(out)}\n%%EOF".encode()
    )


@pytest.mark.parametrize(
    ("name", "data", "title", "text"),
    [
        ("a.txt", "\ufeffgrün".encode(), "a.txt", "grün"),
        ("folder/a", b"no ending", "a", "no ending"),
        ("a.py", b"x = 1", "a.py", "x = 1"),
        ("a.txt", "grün 🚢".encode("utf-16"), "a.txt", "grün 🚢"),
        ("a.json", b'["\\ud83d\\udea2", "lone \\ud800"]', "a.json", '"🚢"\n\n"lone \ufffd"'),
        ("a.MD", b"# Tides\n\nAt six.", "Tides", "# Tides\n\nAt six."),
        ("a.md", b"## No title", "a.md", "## No title"),
        ("a.csv", b"a;b\n1;2\n;\n3;4;5\n", "a.csv", "a: 1\nb: 2\n\na: 3\nb: 4\ncolumn 3: 5"),
        ("a.tsv", b"a\tb\n1\t\n", "a.tsv", "a: 1"),
        ("a.json", b'[{"a": 1}, "\xc3\xa4"]', "a.json", '{\n "a": 1\n}\n\n"ä"'),
        ("a.jsonl", b'{"a":1}\n{"a":2}', "a.jsonl", '{"a":1}\n\n{"a":2}'),
        (
            "a.pdf",
            pdf("The tide comes at six.", "It leaves at noon."),
            "A guide to tides",
            "The tide comes at six.\n\nIt leaves at noon.",
        ),
    ],
)
def test_each_kind(name: str, data: bytes, title: str, text: str) -> None:
    assert read(data, name) == Document(text=text, source=name, title=title)


def test_a_web_page() -> None:
    document = read(PAGE.encode(), "a.html")
    assert document.title == "Tides"
    assert "The tide comes at six" in document.text
    assert "<" not in document.text


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"a\xff", r"^'a\.txt' is no text: byte 1 is not UTF-8$"),
        ("a.txt", b"\xff\xfea", r"^'a\.txt' is no text: byte 2 is not UTF-16$"),
        ("a.txt", b" \n", r"^'a\.txt' has no text$"),
        ("a.json", b"{", r"^'a\.json' is not JSON: "),
        ("a.json", b"[" * 100_000, r"^'a\.json' is not JSON: "),
        ("a.html", b"<p>\0", r"^'a\.html' is no web page$"),
        ("a.pdf", b"no pdf", r"^'a\.pdf' cannot be read as PDF: "),
        ("a.pdf", pdf("x")[:300], r"^'a\.pdf' "),
        ("a.pdf", pdf(""), r"^'a\.pdf' has no text$"),
        ("a.csv", b"only,a,head\n", r"^'a\.csv' has no text$"),
    ],
)
def test_what_cannot_be_read(name: str, data: bytes, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        read(data, name)


def test_a_web_page_in_other_letters() -> None:
    page = f'<html><head><meta charset="iso-8859-1"><title>Köln</title></head><body><p>{STORY} Grün.</p></body></html>'
    document = read(page.encode("latin-1"), "a.html")
    assert (document.title, "Grün" in document.text) == ("Köln", True)


def test_a_hint_is_for_those_whom_it_helps() -> None:
    for name, data, hint in (
        ("a.csv", b"a\n", None),
        ("a.pdf", pdf(""), "a PDF of pictures has to be recognised first"),
    ):
        with pytest.raises(InvalidValueError, match="has no text") as caught:
            read(data, name)
        assert caught.value.hint == hint


def test_what_is_too_large_or_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmspell.memory.documents.MAX_SECONDS", -1.0)
    with pytest.raises(InvalidValueError, match="takes too long to read"):
        read(pdf("x"), "a.pdf")
    monkeypatch.setattr("llmspell.memory.documents.MAX_BYTES", 10)
    with pytest.raises(InvalidValueError, match="has 11 bytes"):
        read(b"01234567890", "a.txt")
    with pytest.raises(InvalidValueError, match="has more than 0 Mi characters of text"):
        read(b"long,b\n1,2", "a.csv")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b"h" * 100_000 + b"\n" + b"x\n" * 100_000),
        ("a.json", b"[" * 500 + b"1," * 1_000_000 + b"1" + b"]" * 500),
    ],
)
def test_what_unfolds_to_a_huge_text_is_left_in_time(name: str, data: bytes) -> None:
    with pytest.raises(InvalidValueError, match="has more than 32 Mi characters of text"):
        read(data, name)


def test_an_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **rest: Any) -> Any:
        if name.startswith("pypdf"):
            raise ImportError(name)
        return real(name, *args, **rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NotFoundError, match="PDF files need pypdf") as caught:
        read(b"", "a.pdf")
    assert caught.value.hint == "run: pip install 'llmspell[memory]'"


def encrypted(password: str, algorithm: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("The tide comes at six.")))
    writer.encrypt(password, "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_an_encrypted_pdf(algorithm: str) -> None:
    assert "The tide comes at six." in read(encrypted("", algorithm), "a.pdf").text
    with pytest.raises(InvalidValueError, match=r"^'a\.pdf' has a password$"):
        read(encrypted("secret", algorithm), "a.pdf")


def test_what_decrypts_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> None:
        raise pypdf.errors.DependencyError("cryptography>=3.1 is required for AES algorithm")

    monkeypatch.setattr(pypdf.PdfReader, "__init__", missing)
    with pytest.raises(NotFoundError, match=r"^'a\.pdf' is encrypted: cryptography"):
        read(b"", "a.pdf")


@given(st.sampled_from(["a.txt", "a.csv", "a.json", "a.md", "a.pdf"]), st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_document_or_an_error(name: str, data: bytes) -> None:
    with suppress(LlmspellError):
        assert read(data, name).text.strip()


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_broken_pdf_is_a_fault(data: st.DataObject) -> None:
    whole = bytearray(pdf("The tide comes at six."))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(LlmspellError):
        read(bytes(whole), "a.pdf")
