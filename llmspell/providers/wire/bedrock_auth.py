"""Signatures for AWS, made by botocore: the extra `bedrock`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from llmspell.errors import AuthError

_SERVICE = "bedrock"
_HINT = "set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"


class AwsSigner:
    """Signs requests with the credentials that AWS's own tools would use: environment, profile, role.

    Looking for them may read files and ask the network, so this belongs in a thread.
    """

    def sign(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        """The headers that prove who asks. Raises `AuthError` without botocore and without credentials."""
        credentials = self._credentials
        if credentials is None:
            raise AuthError("there are no AWS credentials", hint=_HINT)
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        signed = {"content-type": headers.get("content-type", "application/json")}
        request = AWSRequest(method=method, url=url, data=body, headers=signed)
        SigV4Auth(credentials.get_frozen_credentials(), _SERVICE, self._region(url)).add_auth(request)
        return {name.lower(): value for name, value in request.headers.items() if name.lower() not in signed}

    @cached_property
    def _session(self) -> Any:
        try:
            import botocore.session
        except ImportError:
            raise AuthError(
                "signing for AWS needs botocore",
                hint="run: pip install 'llmspell[bedrock]', or set AWS_BEARER_TOKEN_BEDROCK",
            ) from None
        return botocore.session.Session()

    @cached_property
    def _credentials(self) -> Any:
        session = self._session
        from botocore.exceptions import BotoCoreError

        try:
            return session.get_credentials()
        except BotoCoreError as error:
            raise AuthError(f"the AWS credentials cannot be read: {type(error).__name__}", hint=_HINT) from None

    def _region(self, url: str) -> str:
        """That of the host, `bedrock-runtime.REGION.amazonaws.com`; of a server of another name, the configured one."""
        host = urlsplit(url).hostname or ""
        words = host.split(".")
        if host.endswith((".amazonaws.com", ".amazonaws.com.cn")) and len(words) > 3:
            return words[1]
        return str(self._session.get_config_variable("region") or "us-east-1")
