"""The services that a configuration knows: the rows of the catalog with `[providers.NAME]` laid over them."""

from __future__ import annotations

from collections.abc import Mapping

from llmspell.config import Config, ProviderConfig
from llmspell.errors import InvalidValueError
from llmspell.nearest import nearest
from llmspell.providers import address
from llmspell.providers.catalog import ROWS, Row
from llmspell.providers.costs import LOCAL, PRICED
from llmspell.providers.network import Network, Timeouts, is_loopback


class Services:
    """Rows by name, and what the environment holds for them."""

    def __init__(self, config: Config, environ: Mapping[str, str]) -> None:
        self._config = config
        self._environ = environ

    def names(self) -> list[str]:
        """All names, configured ones first."""
        return list(dict.fromkeys((*self._config.providers, *ROWS)))

    def row(self, name: str) -> Row | None:
        """The service of that name, with the gaps of its URL; None when nobody knows it.

        Raises `InvalidValueError` for a configured one without a URL.
        """
        known, own = ROWS.get(name), self._config.providers.get(name)
        if own is not None and not (name in LOCAL and own.base_url is None):  # a runtime, and no service
            known = _laid_over(name, own, known)
        base_url = self._environ.get("OPENAI_BASE_URL")
        if known and name == "openai" and base_url and not (own and own.base_url):
            known = known._replace(base_url=base_url, key_required=False, prices=own.prices if own else None)
        return known

    def key(self, row: Row) -> str | None:
        """The first key that the environment holds for it."""
        return next(iter(self.keys(row)), None)

    def keys(self, row: Row) -> list[str]:
        """All keys that the environment holds for it."""
        own = self._config.providers.get(row.name)
        variables = dict.fromkeys((row.key_env or "", *(own.api_key_envs if own else ())))
        return [key for variable in variables if (key := self._environ.get(variable))]

    def missing(self, row: Row) -> list[str]:
        """The variables of its URL that are not set."""
        return address.missing(row.base_url, self._environ)

    def placed(self, row: Row) -> Row:
        """The row with its real URL. Raises `InvalidValueError` that names the variables that are not set."""
        if missing := self.missing(row):
            variables = " and ".join(missing)
            raise InvalidValueError(
                f"it needs the environment variable {variables}", hint=row.about or f"for {row.base_url}"
            )
        return row._replace(base_url=address.filled(row.base_url, self._environ))

    def network(self, row: Row) -> Network:
        """The way to the service: what `[providers.NAME]` says, over `[network]`.

        Raises `InvalidValueError` for a variable in the URL of a proxy that is not set.
        """
        every, own = self._config.network, self._config.providers.get(row.name) or ProviderConfig()
        seconds = {**every.timeouts, **own.timeouts}
        if own.timeouts.get("total") is None and row.timeout is not None:
            seconds["total"] = row.timeout
        ca_file = own.ca_file or every.ca_file
        proxy = own.proxy
        if proxy is None and every.proxy is not None and not is_loopback(self.placed(row).base_url):
            proxy = every.proxy
        return Network(
            Timeouts(**seconds),
            proxy=proxy if proxy is None else self._filled(proxy),
            ca_file=None if ca_file is None else str(ca_file),
            place=f"[providers.{row.name}.timeouts] or [network.timeouts]",
        )

    def _filled(self, proxy: str) -> str:
        if missing := address.missing(proxy, self._environ):
            raise InvalidValueError(f"proxy needs the environment variable {' and '.join(missing)}")
        return address.filled(proxy, self._environ) if "{" in proxy else proxy

    def is_usable(self, row: Row) -> bool:
        """Whether it is worth asking: a server that wants no key may not run, unless somebody configured it."""
        if self.missing(row):
            return False
        usual = ROWS.get(row.name)
        named = row.name in self._config.providers or usual is None or usual.base_url != row.base_url
        return bool(self.key(row)) or (named and not row.key_required)

    def default_model(self) -> str | None:
        """That of the first service whose key is there."""
        for name in ROWS:
            row = self.row(name)
            if row and row.default_model and self.key(row) and not self.missing(row):
                return f"{name}/{row.default_model}"
        return None


def _laid_over(name: str, own: ProviderConfig, known: Row | None) -> Row:
    """The row for `[providers.NAME]`: over the built-in one, a new base URL makes the key and the prices its own."""
    if known is None:
        if own.base_url is None:
            raise InvalidValueError(f"providers.{name}.base_url is missing", hint="such as http://127.0.0.1:8080/v1")
        known = Row(name, own.base_url)
    elif own.base_url is not None:
        known = known._replace(base_url=own.base_url, key_required=False, prices=None, default_model=None, about="")
    own_key = own.api_key_env or next(iter(own.api_key_envs), None)
    return known._replace(
        key_env=own_key or known.key_env,
        key_required=known.key_required or own_key is not None,
        headers=own.headers or known.headers,
        timeout=own.timeout or known.timeout,
        default_model=own.default_model or known.default_model,
        wire=own.wire or known.wire,
        # Switches of one format mean nothing to another.
        dialect=own.dialect if own.wire and own.wire != known.wire else {**known.dialect, **own.dialect},
        auth_header=own.auth_header or known.auth_header,
        query=own.query or known.query,
        prices=_prices(name, own.prices) if own.prices else known.prices,
    )


def _prices(name: str, service: str) -> str:
    if service not in PRICED:
        hint = nearest(service, PRICED) or f"known are {', '.join(sorted(PRICED))}"
        raise InvalidValueError(f"providers.{name}.prices: there are no prices of {service!r}", hint=hint)
    return service
