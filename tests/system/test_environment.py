"""Variables: the granted ones, and not a word of the others."""

from __future__ import annotations

import pytest

from llmspell.errors import InvalidValueError, PermissionDeniedError
from llmspell.permissions import Permissions
from llmspell.system.environment import Environment

VARIABLES = {"HOME": "/home/ada", "AWS_KEY": "s3cret", "AWS_REGION": "eu", "AWSOME": "x", "ODD": "a\udcff"}


def test_the_granted_ones_are_read() -> None:
    environment = Environment(Permissions(env=("HOME", "GONE", "AWS_*")), VARIABLES)

    assert environment.get("HOME") == "/home/ada"
    assert environment.get("AWS_REGION") == "eu"
    assert environment.get("GONE") is None
    assert environment.names() == ["AWS_KEY", "AWS_REGION", "HOME"]


@pytest.mark.parametrize("name", ["AWS_KEY", "AWSOME", "NOT_SET", "home", "HOME "])
def test_the_others_are_refused_alike_set_or_not(name: str) -> None:
    environment = Environment(Permissions(env=("HOME",)), VARIABLES)

    with pytest.raises(PermissionDeniedError) as caught:
        environment.get(name)

    assert caught.value.message == f"this spell may not read the environment variable {name!r}"
    assert "--allow-env=" in (caught.value.hint or "")


@pytest.mark.parametrize("name", ["", "A=B", "A\0"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(InvalidValueError):
        Environment(Permissions.all(), VARIABLES).get(name)


def test_a_value_that_is_not_unicode_crosses_nevertheless() -> None:
    assert Environment(Permissions.all(), VARIABLES).get("ODD") == "a�"


def test_nothing_is_granted_by_default() -> None:
    assert Environment(Permissions(), VARIABLES).names() == []
