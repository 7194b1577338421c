"""Models within permissions: by their names in full, by aliases, as parts of others, and files."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from llmspell.config import Config, SelectionConfig
from llmspell.errors import InvalidValueError, NotFoundError, PermissionDeniedError
from llmspell.permissions import Permissions
from llmspell.providers.permitted import PermittedRegistry
from llmspell.providers.registry import ProviderRegistry
from llmspell.providers.select import Fallback
from tests.providers.selecting import asking, scripted

ALIASES = {"quick": "a/one", "best": "smart", "here": "local/./models/mine.gguf", "loop": "loop"}
MADE = {
    "smart": SelectionConfig(fallback=("quick", "b/two")),
    "deep": SelectionConfig(balance=("smart", "c/three")),
    "circle": SelectionConfig(fallback=("circle", "a/one")),
    "filed": SelectionConfig(fallback=("./parts/x.gguf", "a/one")),
}


@pytest.fixture
def known(tmp_path, monkeypatch) -> ProviderRegistry:
    monkeypatch.chdir(tmp_path)
    config = Config(aliases=ALIASES, models=MADE, cache_dir=tmp_path / "cache", model="./default.gguf")
    given = [*map(scripted, "abc"), Fallback(["a/one"], name="given")]
    return ProviderRegistry(config, providers=given, environ={})


def permitted(known: ProviderRegistry, models: Any = None, default: str | None = None, **permissions: Any) -> Any:
    return PermittedRegistry(known, known, Permissions(models=models, **permissions), default)


def allowed(registry: Any, name: str | None) -> bool:
    try:
        registry.resolve(name)
        registry.caching(True).resolve(name)
    except PermissionDeniedError:
        with pytest.raises(PermissionDeniedError):
            registry.caching(True).resolve(name)
        return False
    return True


class TestNames:
    @pytest.mark.parametrize(
        ("granted", "name", "expected"),
        [
            (None, "a/one", True),
            ((), "a/one", False),
            (("a/one",), "a/one", True),
            (("a/*",), "a/one", True),
            (("a/one",), "a/two", False),
            (("a",), "a/one", False),
            (("a/one",), "quick", True),  # what an alias leads to
            (("quick",), "quick", True),
            (("quick",), "a/one", False),
            (("b/*",), "quick", False),
            (("smart",), "smart", True),
            (("smart",), "best", True),
            (("best",), "best", True),
            (("a/*", "b/*"), "smart", True),  # all that it is made of
            (("quick", "b/two"), "smart", True),
            (("a/*",), "smart", False),
            (("smart",), "a/one", True),  # a part of what is granted
            (("smart",), "quick", True),
            (("smart",), "c/three", False),
            (("deep",), "b/two", True),
            (("a/*", "b/*"), "deep", False),
            (("a/*", "b/*", "c/*"), "deep", True),
            (("given",), "given", True),
            (("local/*",), None, True),
        ],
    )
    def test_what_is_granted(self, known, granted, name, expected):
        assert allowed(permitted(known, granted), name) == expected

    def test_a_part_of_what_is_made_of_itself(self, known):
        assert permitted(known, ("circle",)).resolve("a/one")[1] == "one"
        with pytest.raises(InvalidValueError, match="made of itself"):
            permitted(known, ("circle",)).resolve("circle")

    def test_the_error_says_how_to_allow_it(self, known):
        with pytest.raises(PermissionDeniedError, match="this spell may not use the model 'quick'") as caught:
            permitted(known, ()).resolve("quick")
        assert caught.value.hint == (
            'allow it with --allow-model=a/one, or with models = ["a/one"] under [permissions] in llmspell.toml'
        )

    def test_what_does_not_exist_is_an_error_of_its_own(self, known):
        for models in (None, ("a/*",)):
            with pytest.raises(NotFoundError, match="there is no model 'nothing'"):
                permitted(known, models).resolve("nothing")
            with pytest.raises(InvalidValueError, match="leads back to itself"):
                permitted(known, models).resolve("loop")

    def test_a_selection_of_the_configuration_finds_its_parts(self, known):
        provider, model = permitted(known, ("smart",)).resolve("smart")
        request = asking()
        request.model = model
        assert asyncio.run(provider.complete(request)).text == "I am a"

    def test_it_can_be_narrowed_and_never_widened(self, known):
        registry = permitted(known, ("a/*", "b/*"))
        narrowed = registry.narrowed(Permissions(models=("a/one", "c/*")))
        assert allowed(narrowed, "a/one")
        assert not allowed(narrowed, "b/two")
        assert not allowed(narrowed, "c/three")
        assert not allowed(narrowed.narrowed(Permissions()), "a/two")


class TestFiles:
    @pytest.mark.parametrize(
        "name",
        [
            "./x.gguf",
            "x.gguf",
            "../x.bin",
            "/etc/passwd",
            "~/x.gguf",
            "local//etc/passwd",
            "local/./x.gguf",
            "local/x.gguf",
            "local/~",
            "local/a/b",
            "llamacpp/../x",
            "ctransformers/sub/x.bin",
            "models/x.gguf",
        ],
    )
    def test_a_script_needs_permission_to_read_them(self, known, name):
        assert not allowed(permitted(known), name)
        assert not allowed(permitted(known, ("*",)), name)
        assert allowed(permitted(known, read=("*",)), name)
        assert allowed(permitted(known, default=name), name)

    def test_it_makes_no_difference_whether_there_is_one(self, known, tmp_path):
        (tmp_path / "there.gguf").touch()
        errors = []
        for name in ("there", "none"):
            with pytest.raises(PermissionDeniedError) as caught:
                permitted(known).resolve(f"./{name}.gguf")
            errors.append(str(caught.value).replace(name, "x") + str(caught.value.hint).replace(name, "x"))
        assert errors[0] == errors[1]
        assert str(tmp_path) not in errors[0]

    def test_a_folder_that_may_be_read(self, known, tmp_path):
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "out.gguf").symlink_to(tmp_path / "secret.gguf")
        registry = permitted(known, read=(os.path.realpath(tmp_path / "models"),))
        assert allowed(registry, "./models/x.gguf")
        assert not allowed(registry, "./x.gguf")
        assert not allowed(registry, "./models/../x.gguf")
        assert not allowed(registry, "./models/out.gguf")

    @pytest.mark.parametrize("name", ["here", "local/./models/mine.gguf", "./default.gguf", "./parts/x.gguf", "filed"])
    def test_what_the_configuration_names_needs_none(self, known, name):
        assert allowed(permitted(known), name)

    @pytest.mark.parametrize("name", [None, "local/smollm2-135m", "local", "a/b/c", "a/x.gguf"])
    def test_what_is_no_file_needs_none(self, known, name):
        assert allowed(permitted(known), name)

    def test_a_file_in_the_store_needs_none(self, known, tmp_path):
        (tmp_path / "cache" / "models").mkdir(parents=True)
        (tmp_path / "cache" / "models" / "kept.gguf").touch()
        assert allowed(permitted(known), "local/kept.gguf")
        assert not allowed(permitted(known), "local/other.gguf")
        assert not allowed(permitted(known), "kept.gguf/../../x.gguf")
