"""Wire formats are found by name and made in a dialect."""

import pytest

from llmspell.errors import InvalidValueError
from llmspell.providers.wire import formats
from llmspell.providers.wire.format import Format


@pytest.mark.parametrize("name", formats.NAMES)
def test_a_format_knows_its_name(name):
    made = formats.make(name, {})
    assert isinstance(made, Format)
    assert made.name == name


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(InvalidValueError, match="there is no wire format 'morse'") as caught:
        formats.make("morse", {})
    assert "openai-chat" in (caught.value.hint or "")


def test_an_unknown_switch_names_the_known_ones():
    with pytest.raises(InvalidValueError, match="no dialect switch among shout") as caught:
        formats.make("openai-chat", {"shout": True})
    assert "stream_usage" in (caught.value.hint or "")
