"""No recording is left out in silence."""

from __future__ import annotations

from tests.conformance import recordings, services
from tests.conformance.tally import Tally


@recordings.each
def test_each_exchange_is_covered_or_has_a_reason(name: str, tally: Tally) -> None:
    recording = recordings.recording(name)
    assert recording.exchanges or recording.frames
    if recording.frames:
        tally.leave_out(recording.service, services.FRAMES[recording.service], recording.frames)
    for exchange in recording.exchanges:
        if services.kind_of(recording.service, exchange) is None:
            reason = services.why_not(exchange)
            assert reason, f"nobody covers {exchange.method} {exchange.path}"
            tally.leave_out(recording.service, reason)
