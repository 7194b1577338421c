"""Programs: exactly what was asked for, and nothing of it left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from llmspell.errors import InvalidValueError, LlmspellError, NotFoundError, PermissionDeniedError, TimeoutExceededError
from llmspell.grants import rules
from llmspell.permissions import Permissions
from llmspell.system.programs import Outcome, Programs

SH = "/bin/sh"
ANY = Programs(Permissions(run=(("*",),)), {"PATH": os.environ["PATH"], "SECRET": "s3cret", "LANG": "C"})


def finish(coroutine: Coroutine[Any, Any, Outcome]) -> Outcome:
    return asyncio.run(asyncio.wait_for(coroutine, 30))


def sh(script: str, **options: Any) -> Outcome:
    return finish(ANY.run([SH, "-c", script], **options))


def gone(pid: int, seconds: float = 5.0) -> bool:
    """Whether a process ends, or has ended, in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def number_in(path: Path) -> int:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if path.exists() and (text := path.read_text()).endswith("\n"):
            return int(text)
        time.sleep(0.005)
    raise AssertionError(f"{path} was not written")


def test_a_program_says_something_and_ends() -> None:
    outcome = sh("echo out; echo err >&2; exit 3")

    assert outcome[:4] == (3, b"out\n", b"err\n", False)
    assert 0 <= outcome.duration < 30


def test_arguments_arrive_as_they_are_without_a_shell() -> None:
    arguments = ["$HOME", "a b", "*", "; echo no", "", "ü", '"', "-n"]
    code = "import sys; sys.stdout.buffer.write('\\0'.join(sys.argv[1:]).encode())"

    outcome = finish(ANY.run([sys.executable, "-c", code, *arguments]))

    assert outcome.stdout.decode().split("\0") == arguments


def test_input_of_any_size_comes_back() -> None:
    data = os.urandom(300_000)

    assert finish(ANY.run(["cat"], input=data)).stdout == data


def test_a_program_that_reads_nothing_is_no_trouble() -> None:
    assert sh("exit 0", input=bytes(1_000_000)).code == 0


def test_without_input_there_is_none() -> None:
    assert sh("cat; echo done").stdout == b"done\n"


def test_output_beyond_what_is_kept_is_dropped() -> None:
    outcome = sh("i=0; while [ $i -lt 3000 ]; do echo 0123456789; i=$((i+1)); done; echo end >&2", keep=1000)

    assert (outcome.code, len(outcome.stdout), outcome.stderr, outcome.truncated) == (0, 1000, b"end\n", True)


def test_exactly_as_much_as_is_kept_is_whole() -> None:
    assert sh("printf 12345", keep=5)[1:4] == (b"12345", b"", False)


def test_a_signal_is_a_negative_code() -> None:
    assert sh("kill -TERM $$").code == -15


def test_the_environment_is_the_path_and_what_was_granted() -> None:
    assert finish(ANY.run(["env"])).stdout == f"PATH={os.environ['PATH']}\n".encode()

    some = Programs(Permissions(run=(("env",),), env=("LANG", "MY_*")), ANY._environ)
    found = finish(some.run(["env"], env={"MY_NAME": "x"})).stdout.decode().splitlines()
    assert sorted(line for line in found if not line.startswith("PATH=")) == ["LANG=C", "MY_NAME=x"]


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PATH", "GIT_SSH_COMMAND", "SECRET"])
def test_a_variable_that_was_not_granted_cannot_be_set(name: str) -> None:
    with pytest.raises(PermissionDeniedError, match=name):
        finish(ANY.run(["env"], env={name: "x"}))


@pytest.mark.parametrize(("name", "value"), [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "\0")])
def test_a_variable_that_is_none(name: str, value: str) -> None:
    with pytest.raises(InvalidValueError, match="variable"):
        finish(Programs(Permissions.all()).run(["env"], env={name: value}))


def test_the_folder(tmp_path: Path) -> None:
    assert sh("pwd", folder=os.path.realpath(tmp_path)).stdout.decode().strip() == os.path.realpath(tmp_path)


def test_what_may_run_is_matched_word_by_word() -> None:
    programs = Programs(Permissions(run=(("echo", "a b"), ("true",))))

    assert finish(programs.run(["echo", "a b", "c"])).stdout == b"a b c\n"
    for argv in (["echo"], ["echo", "a", "b"], ["echo", "a b c"], ["/bin/echo", "a b"], ["sh", "-c", "true"]):
        with pytest.raises(PermissionDeniedError):
            finish(programs.run(argv))


def test_nothing_runs_by_default() -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        finish(Programs(Permissions()).run(["git", "status"]))

    assert "'git status'" in caught.value.message
    assert "--allow-run=git" in (caught.value.hint or "")


def test_a_refusal_does_not_tell_whether_the_program_exists() -> None:
    with pytest.raises(PermissionDeniedError):
        finish(Programs(Permissions()).run(["no-such-program"]))
    with pytest.raises(NotFoundError, match="no-such-program"):
        finish(ANY.run(["no-such-program"]))


@pytest.mark.parametrize("argv", [[""], ["a\0b"], ["echo", "\0"], ["echo", "x" * 200_000]])
def test_arguments_that_cannot_be(argv: list[str]) -> None:
    with pytest.raises(InvalidValueError):
        finish(ANY.run(argv))


def test_a_program_that_the_spell_may_write_does_not_run(tmp_path: Path) -> None:
    folder = os.path.realpath(tmp_path)
    program, link = f"{folder}/tool", f"{folder}/link"
    shutil.copy(shutil.which("true") or "", program)
    os.symlink(program, link)
    permissions = Permissions(run=((program,), (link,), ("tool",)), write=(folder,))

    for name in (program, link, "tool"):
        with pytest.raises(PermissionDeniedError, match="may also write"):
            finish(Programs(permissions, {"PATH": folder}).run([name]))
    for write in ((), ("*",)):
        assert finish(Programs(Permissions(run=((program,),), write=write)).run([program])).code == 0


@pytest.mark.parametrize("rule", ["./bin/tool", "bin/../bin/tool", "{folder}/bin/tool"])
@pytest.mark.parametrize("name", ["./bin/tool", "bin/tool", "{folder}/bin/tool", "bin/../bin/tool"])
def test_a_program_by_its_path_is_the_same_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str, name: str
) -> None:
    folder = os.path.realpath(tmp_path)
    os.mkdir(f"{folder}/bin")
    shutil.copy(shutil.which("echo") or "", f"{folder}/bin/tool")
    monkeypatch.chdir(folder)
    permissions = Permissions(run=rules("run", rule.format(folder=folder), "here"))

    assert finish(Programs(permissions).run([name.format(folder=folder), "hi"])).stdout == b"hi\n"
    with pytest.raises(PermissionDeniedError):
        finish(Programs(permissions).run(["tool", "hi"]))
    monkeypatch.chdir("/")
    if not name.startswith("{"):
        with pytest.raises(PermissionDeniedError):
            finish(Programs(permissions).run([name, "hi"]))


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    file = tmp_path / "tool"
    file.write_bytes(b"\x7fELF nonsense")
    file.chmod(0o755)

    with pytest.raises(InvalidValueError, match="cannot be started"):
        finish(ANY.run([str(file)]))


def test_a_program_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(TimeoutExceededError, match=r"took more than 0\.3 s"):
        sh(f"sh -c 'echo $$ > {tmp_path}/inner; sleep 60' & sleep 60", timeout=0.3)

    assert gone(number_in(tmp_path / "inner"))


def test_what_a_program_leaves_behind_is_killed(tmp_path: Path) -> None:
    outcome = sh(f"(echo $BASHPID >/dev/null; sleep 60) & echo $! > {tmp_path}/inner; echo done")

    assert outcome.stdout == b"done\n"
    assert gone(number_in(tmp_path / "inner"))


def test_a_program_that_closes_its_outputs_is_waited_for() -> None:
    assert sh("exec >&- 2>&-; sleep 0.1; exit 7").code == 7
    with pytest.raises(TimeoutExceededError):
        sh("exec >&- 2>&-; sleep 60", timeout=0.2)


def test_a_cancelled_call_kills(tmp_path: Path) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(ANY.run([SH, "-c", f"echo $$ > {tmp_path}/pid; sleep 60 & sleep 60"]))
        await asyncio.to_thread(number_in, tmp_path / "pid")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())

    assert gone(number_in(tmp_path / "pid"))


def test_so_many_run_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("llmspell.system.programs.MAX_AT_ONCE", 2)
    programs = Programs(Permissions.all())
    script = f"mkdir {tmp_path}/$$; ls {tmp_path} | wc -l; sleep 0.05; rmdir {tmp_path}/$$"

    async def several() -> list[Outcome]:
        return await asyncio.gather(*(programs.run([SH, "-c", script]) for _ in range(6)))

    counts = [int(outcome.stdout) for outcome in asyncio.run(several())]

    assert max(counts) <= 2


def test_no_terminal_and_no_descriptors() -> None:
    code = "import os; print(os.path.exists('/dev/tty') and os.getsid(0) == os.getpid(), sorted(os.listdir('/dev/fd')))"
    with open(os.devnull) as file:
        os.set_inheritable(file.fileno(), True)
        outcome = finish(ANY.run([sys.executable, "-I", "-c", code]))

    assert outcome.stdout.decode().split(" ", 1)[1].strip() == "['0', '1', '2', '3']"  # 3 is what lists them


@pytest.mark.parametrize("act", [lambda: sh("true"), lambda: sh("exec 1>&-; sleep 0.05")])
def test_no_descriptor_is_left_open(act: Callable[[], Outcome]) -> None:
    before = len(os.listdir("/dev/fd"))
    for _ in range(3):
        act()
    with suppress(LlmspellError):
        sh("sleep 5", timeout=0.05)

    assert len(os.listdir("/dev/fd")) == before
