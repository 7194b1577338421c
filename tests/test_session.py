"""The session keeps the rules of the border, whatever the script's side says."""

import asyncio
import types

import pytest

from llmspell import values
from llmspell.border import Abort, Call, Cancel, Done, Failed, Invoke, Print, Raise, Reject, Resolve, Return
from llmspell.drive import Driver, drive_blocking
from llmspell.errors import CancelledError, InternalError, LimitError, NotFoundError, SpellError
from llmspell.events import CallEnded, CallStarted, Log, Output
from llmspell.limits import Limits
from llmspell.session import MAX_STREAMS, Session


async def _slow(value):
    await asyncio.sleep(0)
    return value


async def _items(*items):
    for item in items:
        if isinstance(item, Exception):
            raise item
        yield item


METHODS = {
    "echo": lambda context, args: args.get("value"),
    "slow": lambda context, args: _slow(args.get("value")),
    "fail": lambda context, args: (_ for _ in ()).throw(NotFoundError("nothing there", hint="look")),
    "bug": lambda context, args: 1 / 0,
    "bad": lambda context, args: object(),
    "items": lambda context, args: _items(1, 2, 3),
    "broken": lambda context, args: _items(1, SpellError("cut")),
}


class Scripted:
    """An interpreter whose slices are written down: a list of lists of messages."""

    def __init__(self, *slices):
        self.slices = list(slices)
        self.fed = []
        self.closed = False

    def start(self, spell):
        return self.slices.pop(0)

    def feed(self, messages, now):
        self.fed += messages
        if isinstance(messages[0], Abort):
            return [Failed(messages[0].error | {"file": "a.lua", "line": 2})]
        return self.slices.pop(0)

    def close(self):
        self.closed = True


def session(events=None, **limits):
    emit = events.append if events is not None else lambda event: None
    method = lambda name: types.SimpleNamespace(call=METHODS[name]) if name in METHODS else None  # noqa: E731
    return Session(method, None, Limits(**limits), emit, {"a.lua": "first\nsecond()\n"})


def run(interpreter, events=None, deadline=None, **limits):
    """Drive an interpreter through a session, with an event loop."""
    from llmspell.workers.inline import InlineWorker

    async def main():
        run = session(events, **limits)
        driver = Driver(run, lambda on_slice: InlineWorker(interpreter, on_slice))
        await driver.run(None, deadline)
        assert len(asyncio.all_tasks()) == 1
        return run

    finished = asyncio.run(main())
    assert interpreter.closed
    return finished


def test_a_spell_that_only_returns():
    assert run(Scripted([Done(5)])).ended == Done(5)


def test_calls_are_answered_at_once_or_later():
    interpreter = Scripted([Call(1, "echo", {"value": 1}), Call(2, "slow", {"value": 2})], [], [Done(None)])
    assert run(interpreter).ended == Done(None)
    assert sorted(interpreter.fed) == [Resolve(1, 1), Resolve(2, 2)]


def test_large_answers_come_in_several_messages():
    text = "x" * (values.MAX_BYTES // 3)
    calls = [Call(id_, "echo", {"value": text}) for id_ in range(1, 6)]
    fed = []

    class Counting(Scripted):
        def feed(self, messages, now):
            fed.append(len(messages))
            return super().feed(messages, now)

    finished = run(Counting(calls, [], [], [Done(None)]))
    assert finished.ended == Done(None)
    assert fed == [2, 2, 1]


def test_answers_that_wait_are_no_more_than_a_script_could_hold():
    text = "x" * (values.MAX_BYTES // 2)
    calls = [Call(id_, "echo", {"value": text}) for id_ in range(1, 50)]
    ended = run(Scripted(calls), memory=1 << 20).ended
    assert isinstance(ended, Failed)
    assert ended.error["kind"] == "limit"
    assert ended.error["message"] == "memory limit of 1 MiB exceeded by answers that wait for the spell"


def test_printing_nothing_takes_no_room():
    events = []
    finished = run(Scripted([Print("stdout", ""), Print("stdout", "a"), Print("info", ""), Done(None)]), events)
    assert finished.output == ["a"]
    assert [event for event in events if isinstance(event, (Output, Log))] == [Output("a"), Log("info", "")]


def test_streams_that_are_open_are_few():
    opened = [Call(id_, "items", {}) for id_ in range(1, MAX_STREAMS + 2)]
    read = Call(MAX_STREAMS + 2, "next", {"stream": 1})
    again = [Call(MAX_STREAMS + 3, "items", {}), Cancel(2), Call(MAX_STREAMS + 4, "items", {})]
    interpreter = Scripted(opened, [read], again, [Done(None)])
    run(interpreter)
    refused = [message.error["message"] for message in interpreter.fed if isinstance(message, Reject)]
    assert refused == [f"{MAX_STREAMS} streams are open"]
    assert len(interpreter.fed) == MAX_STREAMS + 4


@pytest.mark.parametrize(
    ("method", "kind", "message"),
    [
        ("fail", "not_found", "nothing there"),
        ("bug", "internal", "llmspell failed: ZeroDivisionError"),
        ("bad", "value", "the result of bad is an object"),
        ("nonsense", "not_found", "the runtime has no method 'nonsense'"),
        ("", "not_found", "the runtime has no method ''"),
        ("__class__", "not_found", "the runtime has no method '__class__'"),
    ],
)
def test_a_call_that_fails_is_rejected(method, kind, message):
    interpreter = Scripted([Call(1, method, {})], [Done(None)])
    run(interpreter)
    (rejected,) = interpreter.fed
    assert isinstance(rejected, Reject)
    assert (rejected.error["kind"], rejected.error["message"]) == (kind, message)


def test_a_number_used_twice_ends_the_run():
    finished = run(Scripted([Call(1, "echo", {}), Call(1, "echo", {})], [Done(1)]))
    assert finished.ended.error["kind"] == "internal"


def test_calls_are_counted():
    calls = [Call(number, "echo", {}) for number in range(1, 12)]
    finished = run(Scripted(calls), max_calls=10)
    assert finished.ended.error["kind"] == "limit"
    assert finished.ended.error["message"] == "limit of 10 calls exceeded"


def test_reading_on_in_a_stream_is_no_call_but_reading_a_finished_one_is():
    reads = [[Call(number, "next", {"stream": 1})] for number in range(2, 6)]
    interpreter = Scripted([Call(1, "items", {})], *reads, [Done(None)])
    finished = run(interpreter, max_calls=3)
    assert finished.calls == 4
    assert finished.ended.error["message"] == "limit of 3 calls exceeded"


def test_output_is_counted_in_bytes():
    finished = run(Scripted([Print("stdout", "é" * 6), Print("stdout", "x")]), max_output=12)
    assert finished.ended.error["message"] == "output limit of 12 bytes exceeded"
    assert finished.output == ["é" * 6]


def test_an_abort_shows_where_the_script_was():
    finished = run(Scripted([Call(1, "slow", {}), Call(1, "slow", {})]))
    assert finished.ended.error["line"] == 2
    assert finished.ended.error["source_line"] == "second()"


def test_a_liar_cannot_end_an_aborted_run_well():
    run_ = session()
    run_.abort(LimitError("enough"))
    run_.receive(Done("fine"))
    assert run_.ended == Failed({"kind": "limit", "message": "enough"})


def test_nothing_counts_after_the_end():
    run_ = session()
    run_.receive(Done(1))
    for message in (Done(2), Failed({}), Call(1, "echo", {}), Print("stdout", "x"), Cancel(1)):
        run_.receive(message)
    assert run_.ended == Done(1)
    assert run_.output == []
    assert run_.take() == []


@pytest.mark.parametrize("message", [Return(9, 1), Raise(9, {"kind": "spell"}), Cancel(9), Cancel(1)])
def test_answers_to_what_was_never_asked_are_lies(message):
    ended = run(Scripted([message, Done(1)])).ended
    assert isinstance(ended, Failed)
    assert ended.error["kind"] == "internal"
    assert "never made" in ended.error["message"] or "nobody waits for" in ended.error["message"]


def test_a_call_may_be_cancelled_again_and_after_its_answer():
    assert run(Scripted([Call(1, "add", {}), Cancel(1), Cancel(1), Done(1)])).ended == Done(1)


@pytest.mark.parametrize("file", [[], {}, 7, None, "x" * 100])
@pytest.mark.parametrize("line", [[], "1", -1, 2**60, True, None])
def test_errors_with_wrong_fields_lose_them(file, line):
    error = {"kind": ["limit"], "message": {}, "file": file, "line": line, "stack": "no", "hint": 7, "more": 1}
    ended = run(Scripted([Failed(error)])).ended
    assert isinstance(ended, Failed)
    assert ended.error["message"] == "unknown error"
    assert set(ended.error) <= {"kind", "message", "file", "line"}


def test_streams_give_batches_and_their_errors_last():
    ask = [Call(3, "next", {"stream": 1}), Call(4, "next", {"stream": 2})]
    again = [Call(5, "next", {"stream": 2})]
    interpreter = Scripted([Call(1, "items", {}), Call(2, "broken", {})], ask, [], again, [Done(None)])
    run(interpreter)
    answers = {message.id: message for message in interpreter.fed}
    assert answers[1] == Resolve(1, None)
    assert answers[3] == Resolve(3, {"items": [1, 2, 3], "done": True})
    assert answers[4] == Resolve(4, {"items": [1], "done": False})
    assert answers[5].error["message"] == "cut"


@pytest.mark.parametrize("stream", [7, None, "1", [], {}, True])
def test_a_stream_of_nobody(stream):
    interpreter = Scripted([Call(1, "next", {"stream": stream})], [Done(None)])
    run(interpreter)
    assert interpreter.fed[0].error["kind"] == "type"


def test_a_stream_left_early_closes_its_source():
    closed = []

    async def source():
        try:
            while True:
                yield 1
                await asyncio.sleep(0)
        finally:
            closed.append(True)

    METHODS["endless"] = lambda context, args: source()
    interpreter = Scripted(
        [Call(1, "endless", {})], [Call(2, "next", {"stream": 1})], [Cancel(1), Call(3, "slow", {})], [Done(None)]
    )
    assert run(interpreter).ended == Done(None)
    assert closed == [True]


def test_cancelling_a_call_cancels_its_work():
    interpreter = Scripted([Call(1, "slow", {}), Cancel(1), Call(2, "slow", {"value": 2})], [Done(None)])
    events = []
    run(interpreter, events)
    assert interpreter.fed == [Resolve(2, 2)]
    assert isinstance(events[1].error, CancelledError)


def test_open_work_is_cancelled_at_the_end():
    METHODS["forever"] = lambda context, args: asyncio.Event().wait()
    assert run(Scripted([Call(1, "forever", {}), Done(1)])).ended == Done(1)


def test_waiting_for_nothing_is_an_error():
    finished = run(Scripted([]))
    assert finished.ended.error["message"] == "the spell waits for something that never happens"


def test_out_of_time():
    METHODS["forever"] = lambda context, args: asyncio.Event().wait()
    interpreter = Scripted([Call(1, "forever", {})])
    finished = run(interpreter, deadline=Limits(timeout=0.01).deadline())
    assert finished.ended.error["message"] == "time limit of 0.01 s exceeded"
    assert finished.ended.error["file"] == "a.lua"


def test_the_runtime_calls_a_function_of_the_script():
    async def main():
        run_ = session()
        good, bad = run_.invoke(4, [1]), run_.invoke(5, [])
        assert run_.take() == [Invoke(1, 4, [1]), Invoke(2, 5, [])]
        run_.receive(Return(1, "one"))
        run_.receive(Raise(2, {"kind": "value", "message": "no"}))
        assert await good == "one"
        with pytest.raises(Exception, match="no"):
            await bad
        run_.receive(Return(1, "again"))
        assert "nobody waits for" in run_.aborting.message

    asyncio.run(main())


def test_events_tell_what_happened():
    events = []
    run(Scripted([Print("stdout", "a"), Print("warn", "b"), Call(1, "fail", {})], [Done(None)]), events)
    assert events[:3] == [Output("a"), Log("warn", "b"), CallStarted(1, "fail")]
    assert isinstance(events[3], CallEnded)
    assert isinstance(events[3].error, NotFoundError)


def test_without_an_event_loop_until_something_waits():
    interpreter = Scripted([Call(1, "echo", {"value": 1})], [Done(2)])
    run_ = session()
    drive_blocking(run_, interpreter, None)
    assert run_.ended == Done(2)

    run_ = session()
    drive_blocking(run_, Scripted([Call(1, "echo", {}), Call(2, "slow", {})]), None)
    assert run_.ended is None
    (work,) = run_.work
    assert work.id == 2
    work.awaitable.close()


def test_a_cancelled_run_is_over():
    async def main():
        from llmspell.workers.inline import InlineWorker

        METHODS["forever"] = lambda context, args: asyncio.Event().wait()
        interpreter, run_ = Scripted([Call(1, "forever", {})]), session()
        driver = Driver(run_, lambda on_slice: InlineWorker(interpreter, on_slice))
        task = asyncio.create_task(driver.run(None, None))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert run_.ended.error["kind"] == "cancelled"
        assert interpreter.closed
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_a_script_that_calls_without_end_leaves_the_loop_to_others():
    class Busy(Scripted):
        def __init__(self):
            super().__init__()
            self.calls = 0

        def start(self, spell):
            return self.feed([Resolve(0, None)], 0)

        def feed(self, messages, now):
            self.calls += 1
            return [Call(self.calls, "echo", {})]

    finished = run(Busy(), deadline=Limits(timeout=0.05).deadline(), max_calls=10**9)
    assert finished.ended.error["kind"] == "limit"


def test_internal_errors_say_no_more_than_their_class(caplog):
    caplog.set_level("DEBUG", "llmspell")
    METHODS["secret"] = lambda context, args: {}["sk-secret-key"]
    interpreter = Scripted([Call(1, "secret", {})], [Done(None)])
    run(interpreter)
    told = repr(interpreter.fed) + caplog.text.replace('{}["sk-secret-key"]', "")  # the line of the source itself
    assert "sk-secret" not in told
    assert "test_session.py" in caplog.text
    assert interpreter.fed[0].error["kind"] == InternalError.kind


def test_calls_that_are_open_at_the_end_are_told_of():
    events = []
    run_ = run(Scripted([Call(1, "slow", {}), Call(2, "echo", {"value": 1}), Done(None)]), events)
    assert run_.ended == Done(None)
    ended = {event.id: event.error for event in events if isinstance(event, CallEnded)}
    assert ended[2] is None
    assert ended[1].kind == "cancelled"
    assert ended[1].message == "slow was cancelled: the run is over"
