"""The wall around worker processes, tried from inside, and its parts one by one."""

import errno
import os
import platform
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import llmspell
from llmspell import Spell
from llmspell.errors import InternalError
from llmspell.workers import frames, kernel, landlock, seccomp
from llmspell.workers.child import Child
from llmspell.workers.probe import ATTEMPTS, probe

LINUX = sys.platform == "linux"
ALLOWED, REFUSED, KILLED = 0x7FFF0000, 0x00050001, 0x80000000
SOME_CALLS = {  # name: number on x86_64, on aarch64, and what becomes of it
    "read": (0, 63, ALLOWED),
    "write": (1, 64, ALLOWED),
    "exit_group": (231, 94, ALLOWED),
    "openat": (257, 56, REFUSED),
    "newfstatat": (262, 79, REFUSED),
    "ioctl": (16, 29, REFUSED),
    "prctl": (157, 167, REFUSED),
    "socket": (41, 198, KILLED),
    "connect": (42, 203, KILLED),
    "clone": (56, 220, KILLED),
    "clone3": (435, 435, KILLED),
    "execve": (59, 221, KILLED),
    "execveat": (322, 281, KILLED),
    "ptrace": (101, 117, KILLED),
    "kill": (62, 129, KILLED),
    "process_vm_writev": (311, 271, KILLED),
    "sendmsg": (46, 211, KILLED),
    "bpf": (321, 280, KILLED),
    "io_uring_setup": (425, 425, KILLED),
    "pidfd_getfd": (438, 438, KILLED),
    "mount": (165, 40, KILLED),
}


@pytest.fixture(scope="module")
def reports():
    return {dialect: probe(dialect) for dialect in ("lua", "lua5.5", "luajit", "js")}


def need(report, feature):
    """Skip where the kernel lacks it; the report says why."""
    if not report["features"][feature].startswith("used"):
        pytest.skip(f"{feature}: {report['features'][feature]}")


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("dialect", ["lua", "lua5.5", "luajit", "js"])
def test_nothing_can_be_done_from_inside(reports, dialect, attempt):
    report = reports[dialect]
    need(report, "seccomp")
    outcome = report["attempts"][attempt]
    if dialect == "luajit" and attempt == "map memory that runs":
        assert outcome == "DONE"  # it compiles to machine code: that is what it is for
    else:
        assert outcome == "killed" or outcome.startswith("refused: ")


@pytest.mark.parametrize(
    "attempt", ["fork", "run a program", "open a network socket", "trace the host", "signal the host"]
)
def test_what_nobody_does_by_mistake_ends_the_process(reports, attempt):
    need(reports["lua"], "seccomp")
    assert reports["lua"]["attempts"][attempt] == "killed"


def test_every_attempt_was_made(reports):
    assert list(reports["lua"]["attempts"]) == list(ATTEMPTS)


def test_a_worker_that_does_not_come_up_is_told():
    with pytest.raises(InternalError, match="no worker process for nothing comes up"):
        probe("nothing")


# The filter, interpreted as the kernel does


def verdict(program, number, arch, args=()):
    """What a classic BPF program says to a system call."""
    packed = [*args, *[0] * (6 - len(args))]
    data = struct.pack("=IIQ6Q", number, arch, 0, *packed)
    accumulator, at = 0, 0
    for _ in range(1000):
        code, then, other, operand = struct.unpack_from("HBBI", program, at * 8)
        at += 1
        if code == 0x06:
            return operand
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, operand)
            continue
        true = {0x15: accumulator == operand, 0x35: accumulator >= operand, 0x45: bool(accumulator & operand)}[code]
        at += then if true else other
    raise AssertionError("the program does not end")


MACHINES = [("x86_64", 0, 0xC000003E), ("aarch64", 1, 0xC00000B7)]


@pytest.mark.parametrize("call", SOME_CALLS)
@pytest.mark.parametrize(("machine", "column", "arch"), MACHINES)
def test_filter(machine, column, arch, call):
    numbers = SOME_CALLS[call]
    assert verdict(seccomp.program(machine), numbers[column], arch) == numbers[2]


@pytest.mark.parametrize(("machine", "column", "arch"), MACHINES)
def test_filter_refuses_memory_that_runs_and_limits_of_others(machine, column, arch):
    mmap, mprotect, prlimit = ((9, 222), (10, 226), (302, 261))
    program = seccomp.program(machine)
    for call in (mmap, mprotect):
        assert verdict(program, call[column], arch, [0, 4096, 3]) == ALLOWED
        assert verdict(program, call[column], arch, [0, 4096, 7]) == REFUSED
        assert verdict(seccomp.program(machine, makes_code=True), call[column], arch, [0, 4096, 7]) == ALLOWED
    assert verdict(program, prlimit[column], arch, [0, 7]) == ALLOWED
    assert verdict(program, prlimit[column], arch, [1, 7]) == REFUSED


@pytest.mark.parametrize(("machine", "column", "arch"), MACHINES)
def test_filter_kills_what_it_does_not_know(machine, column, arch):
    program = seccomp.program(machine)
    assert verdict(program, 5000, arch) == KILLED
    assert verdict(program, (0, 63)[column], 0x40000003) == KILLED, "another machine's numbers"
    if machine == "x86_64":
        assert verdict(program, 0x40000000, arch) == KILLED, "the numbers of x32"
    allowed = [number for number in range(600) if verdict(program, number, arch, [0, 0, 0]) == ALLOWED]
    assert len(allowed) < 60


def test_no_filter_for_other_machines():
    assert seccomp.program("riscv64") is None


@pytest.mark.parametrize(
    ("abi", "expected"),
    [
        (1, (0x1FFF, 0, 0, 8)),
        (2, (0x3FFF, 0, 0, 8)),
        (3, (0x7FFF, 0, 0, 8)),
        (4, (0x7FFF, 3, 0, 16)),
        (5, (0xFFFF, 3, 0, 16)),
        (6, (0xFFFF, 3, 3, 24)),
        (9, (0xFFFF, 3, 3, 24)),
    ],
)
def test_landlock_denies_all_that_its_version_knows(abi, expected):
    attributes, size = landlock.ruleset(abi)
    assert (*struct.unpack("QQQ", attributes), size) == expected


# Each layer holds alone


def inside(code):
    """Run code in a process of its own; what it printed."""
    program = f"import os, sys\nfrom llmspell.workers import harden, kernel, landlock, seccomp\n{code}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)


TRY = """
def attempt(name, function):
    try:
        function()
    except (OSError, ValueError) as error:
        print(name, getattr(error, "errno", 0))
    else:
        print(name, "done")
"""


@pytest.mark.skipif(landlock.version() < 1, reason="this kernel has no Landlock")
def test_landlock_alone():
    done = inside(
        TRY + "kernel.prctl(38, 1)\nassert landlock.restrict() > 0\n"
        "attempt('read', lambda: open('/etc/passwd'))\n"
        "attempt('list', lambda: os.listdir('/'))\n"
        "attempt('environ', lambda: open('/proc/self/environ'))\n"
        "attempt('parent', lambda: open(f'/proc/{os.getppid()}/environ'))\n"
    )
    assert done.stdout.split() == [
        word for name in ("read", "list", "environ", "parent") for word in (name, str(errno.EACCES))
    ]


@pytest.mark.skipif(landlock.version() < 6, reason="this kernel's Landlock knows no signals")
def test_landlock_keeps_signals_inside():
    done = inside(
        TRY + "kernel.prctl(38, 1)\nlandlock.restrict()\nattempt('signal', lambda: os.kill(os.getppid(), 0))\n"
    )
    assert done.stdout.split() == ["signal", str(errno.EPERM)]


def test_limits_alone():
    done = inside(
        TRY + "import resource, socket\nharden.landlock.restrict = harden.seccomp.confine = lambda *_: -38\n"
        "os.dup2(0, 3)\nharden.confine()\nassert harden.seal('lua') == {'landlock': -38, 'seccomp': -38}\n"
        "attempt('open', lambda: os.open('/etc/passwd', os.O_RDONLY))\n"
        "attempt('socket', socket.socket)\n"
        "attempt('limits', lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)) or os.open('/', 0))\n"
    )
    assert "done" not in done.stdout
    assert done.stdout.startswith(f"open {errno.EMFILE}\nsocket {errno.EMFILE}\n") or not LINUX


@pytest.mark.skipif(not LINUX, reason="capabilities are of Linux")
def test_no_capability_is_left():
    done = inside("harden.confine()\nprint(open('/proc/self/status').read())")
    fields = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == 0
    assert fields["NoNewPrivs"].strip() == "1"


@pytest.mark.skipif(not LINUX, reason="namespaces are of Linux")
def test_workers_of_a_host_have_no_network():
    done = inside("r = kernel.leave_network()\nprint(r)\nprint(open('/proc/net/dev').read())")
    result, *interfaces = done.stdout.splitlines()
    if int(result) < 0:
        pytest.skip(f"namespaces: {kernel.outcome(int(result))}")
    assert [line.split(":")[0].strip() for line in interfaces if ":" in line] == ["lo"]


def test_absence_is_told_and_not_fatal(monkeypatch):
    monkeypatch.setattr(sys, "platform", "sunos")
    assert kernel.outcome(kernel.prctl(38, 1)) == "not in this kernel"
    assert kernel.outcome(kernel.drop_capabilities()) == "not in this kernel"
    assert kernel.outcome(landlock.restrict()) == "not in this kernel"
    assert kernel.outcome(-errno.EPERM).startswith("refused: ")
    assert kernel.outcome(7) == "used"


# What a spell sees of it


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no filter for this machine")
def test_a_forbidden_call_is_told_as_one():
    from llmspell.workers.remote import cause_of_death

    error = cause_of_death(-31, 10.0)
    assert "a system call that no worker may make" in error.message


MODULES = {"lua": 'return require("./part").x', "js": 'import { x } from "./part.js"; export default x;'}
PARTS = {"lua": "return { x = 7 }", "js": "export const x = 7;"}


@pytest.mark.parametrize("language", MODULES)
def test_modules_load_in_a_sealed_worker(tmp_path, language):
    (tmp_path / f"part.{language}").write_text(PARTS[language])
    (tmp_path / f"main.{language}").write_text(MODULES[language])
    assert llmspell.run(tmp_path / f"main.{language}").value == 7


def test_dates_need_no_file():
    source = "export default new Date(86400e3).toString().slice(0, 15) + new Date(0).toLocaleString().slice(0, 0)"
    assert llmspell.run(Spell(source=source, language="js", name="dates.js")).value == "Fri Jan 02 1970"


def test_a_worker_has_only_its_socket_and_null():
    child = Child.start("llmspell.workers.serve", ["lua", str(os.getpid())])
    try:
        child.sock.settimeout(10)
        from llmspell.border import SpellSource

        child.sock.sendall(frames.start(SpellSource("x.lua", "sleep(60)")))
        assert child.sock.recv(1)
        try:
            links = {name: os.readlink(f"/proc/{child.pid}/fd/{name}") for name in os.listdir(f"/proc/{child.pid}/fd")}
            environment = Path(f"/proc/{child.pid}/environ").read_bytes()
        except PermissionError:
            return  # it is not dumpable, and we are not root: that is the point
        assert {name: link.split(":")[0] for name, link in links.items()} == {
            "0": "/dev/null",
            "1": "/dev/null",
            "2": "/dev/null",
            "3": "socket",
        }
        assert environment in (b"", b"TZ=UTC\0") or environment.startswith(b"LC_CTYPE")
    finally:
        child.close()
