"""Base URLs with gaps: `{VARIABLE}` stands for a variable of the environment, `{VARIABLE:-text}` has a default."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit, urlunsplit

_GAP = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}")


def missing(template: str, environ: Mapping[str, str]) -> list[str]:
    """The variables that the URL cannot do without and that are not set."""
    missing = (name for name, default in _GAP.findall(template) if not default and not environ.get(name))
    return list(dict.fromkeys(missing))


def filled(template: str, environ: Mapping[str, str]) -> str:
    """The URL with the values in its gaps, of which none may be missing; a host alone is asked over plain HTTP."""
    if "{" not in template:
        return template
    url = _GAP.sub(lambda gap: (environ.get(gap[1]) or gap[2] or "").rstrip("/"), template)
    return url if "://" in url else f"http://{url}"


def shown(template: str) -> str:
    """The URL for people: its gaps stay, and credentials and what follows the path are left out."""
    try:
        parts = urlsplit(template)
    except ValueError:
        return "(not a URL)"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")) if parts.scheme else template


def credentials(url: str) -> list[str]:
    """What a URL has before its host that must not be told: the user, the password, and both as HTTP sends them."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    if not parts.username and not parts.password:
        return []
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    sent = b64encode(f"{user}:{password}".encode()).decode()
    return [text for text in dict.fromkeys((parts.password, password, parts.username, user, sent)) if text]
