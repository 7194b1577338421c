"""Blobs: handles that cannot be guessed, forged or carried away, and a bound on what they hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.system.blobs import Blob, Blobs


def test_a_handle_says_what_it_stands_for() -> None:
    blobs = Blobs()

    handle = blobs.add(b"\x89PNG", "image/png")

    assert handle == {"blob": handle["blob"], "mime": "image/png", "size": 4}
    assert blobs.get(handle) == Blob(b"\x89PNG", "image/png")


def test_ids_are_long_and_never_the_same() -> None:
    blobs = Blobs()

    ids = {blobs.add(b"same")["blob"] for _ in range(100)}

    assert len(ids) == 100
    assert all(len(id_) == 32 for id_ in ids)


@pytest.mark.parametrize(
    "forged",
    [None, "", 1, [], {}, {"blob": None}, {"blob": 1}, {"blob": []}, {"blob": "0" * 32}, {"id": "x"}, "0" * 32],
)
def test_a_forged_handle_is_an_error(forged: object) -> None:
    blobs = Blobs()
    blobs.add(b"secret")

    with pytest.raises(NotFoundError, match="no such blob"):
        blobs.get(forged)
    with pytest.raises(NotFoundError):
        blobs.free(forged)


def test_the_handle_of_another_run_is_an_error() -> None:
    with pytest.raises(NotFoundError):
        Blobs().get(Blobs().add(b"theirs"))


def test_what_a_script_writes_into_a_handle_changes_nothing() -> None:
    blobs = Blobs()
    handle: dict[str, Any] = dict(blobs.add(b"1234", "text/plain"))

    assert blobs.get(handle | {"size": 10**9, "mime": "image/png"}) == Blob(b"1234", "text/plain")


def test_there_is_room_for_so_much_and_no_more() -> None:
    blobs = Blobs(max_bytes=1000)
    first = blobs.add(bytes(400))

    with pytest.raises(InvalidValueError, match="no room") as caught:
        blobs.add(bytes(blobs.room + 1))
    assert "blob.free" in (caught.value.hint or "")
    blobs.add(bytes(blobs.room))

    blobs.free(first)
    blobs.add(bytes(400))
    assert blobs.room == 0


def test_empty_blobs_are_bounded_too() -> None:
    blobs = Blobs(max_bytes=256 * 10)

    for _ in range(10):
        blobs.add(b"")

    with pytest.raises(InvalidValueError):
        blobs.add(b"")


def test_a_freed_blob_is_gone() -> None:
    blobs = Blobs()
    handle = blobs.add(b"x")
    blobs.free(handle)

    with pytest.raises(NotFoundError):
        blobs.get(handle)
    with pytest.raises(NotFoundError):
        blobs.free(handle)


def test_the_blobs_inside_a_value_are_found() -> None:
    blobs = Blobs()
    one, two, other = (blobs.add(data) for data in (b"1", b"2", b"3"))
    value = {"a": [{"deep": one}], "blob": two["blob"], "other": {"blob": "forged"}}

    found = blobs.inside(value)

    assert {blob.data for blob in found.values()} == {b"1", b"2"}
    assert other["blob"] not in found
    assert Blobs().inside(value) == {}


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=300)), max_size=40))
def test_the_count_of_bytes_stays_true(steps: list[tuple[bool, bytes]]) -> None:
    blobs, held = Blobs(max_bytes=3000), list[tuple[Any, bytes]]()
    for free, data in steps:
        if free and held:
            blobs.free(held.pop(0)[0])
        elif len(data) <= blobs.room and sum(len(each) + 256 for _, each in held) + len(data) + 256 <= 3000:
            held.append((blobs.add(data), data))
        else:
            with pytest.raises(InvalidValueError):
                blobs.add(bytes(blobs.room + 1))
        assert all(blobs.get(handle).data == data for handle, data in held)
    for handle, _ in held:
        blobs.free(handle)
    assert blobs.room == 3000 - 256
