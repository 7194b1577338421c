"""The services that are known by name, as data. Any compatible server can be added in `llmspell.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Row(NamedTuple):
    """A service: where it is, how it is spoken to, and which variable holds its key."""

    name: str
    base_url: str
    """`{VARIABLE}` in it stands for a variable of the environment that it cannot do without."""
    key_env: str | None = None
    """The environment variable with the key; None for a server that wants none."""
    key_required: bool = False
    default_model: str | None = None
    """What `llm()` means where only its key is set. One that answers without thinking first: those that think spend a
    small `max_tokens` on thoughts alone, and OpenAI's refuse a `temperature`."""
    headers: Mapping[str, str] = MappingProxyType({})
    wire: str = "openai-chat"
    """The format it speaks."""
    dialect: Mapping[str, Any] = MappingProxyType({})
    """What it does differently: fields of the format's `Dialect`."""
    timeout: float | None = None
    """Seconds for a whole answer, when a request does not say; None waits as long as bytes keep coming."""
    prices: str | None = None
    """The service's name in the list of prices; None when what it costs is not known."""
    auth_header: str | None = None
    """The header that holds the key alone; None leaves it to the format."""
    query: Mapping[str, str] = MappingProxyType({})
    """What stands behind the `?` of every URL."""
    capabilities: frozenset[str] = frozenset()
    """What the service has some model for: `images`, `documents` and `audio` in, `tools`, `schema`, `reasoning`,
    `embeddings`, `ranking`, `image_out`, `audio_out`, `search`, `cache` (marks in the prompt)."""
    about: str = ""
    """What a person must know, in a sentence."""

    def __repr__(self) -> str:
        return f"<Row {self.name}, {self.wire}>"  # headers, query and address may hold keys


_GEMINI = frozenset(
    {"images", "documents", "audio", "tools", "schema", "reasoning", "embeddings", "image_out", "audio_out", "search"}
)
_VERTEX = (
    "https://{host}.googleapis.com/v1beta1/projects/{{GOOGLE_CLOUD_PROJECT}}/locations/{location}/publishers/google"
)
_VERTEX_LOGIN = (
    "Vertex AI with a token that lives an hour, GOOGLE_ACCESS_TOKEN=$(gcloud auth print-access-token); "
    "other ways to log in are not built in; {}"
)

_CLOUD = (
    Row(
        name="openai",
        base_url="https://api.openai.com/v1",
        key_env="OPENAI_API_KEY",
        key_required=True,
        default_model="gpt-4.1-mini",
        dialect={"max_tokens": "max_completion_tokens", "extra_content": False},
        prices="openai",
        capabilities=frozenset(
            {"images", "documents", "audio", "tools", "schema", "reasoning", "embeddings", "audio_out", "image_out"}
        ),
    ),
    Row(
        name="anthropic",
        base_url="https://api.anthropic.com/v1",
        key_env="ANTHROPIC_API_KEY",
        key_required=True,
        default_model="claude-sonnet-4-5",
        wire="anthropic",
        prices="anthropic",
        capabilities=frozenset({"images", "documents", "tools", "schema", "reasoning", "search", "cache"}),
    ),
    Row(
        name="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        key_env="GEMINI_API_KEY",
        key_required=True,
        default_model="gemini-2.5-flash-lite",
        wire="gemini",
        prices="google",
        capabilities=_GEMINI,
    ),
    Row(
        name="vertex",
        base_url=_VERTEX.format(host="aiplatform", location="global"),
        key_env="GOOGLE_ACCESS_TOKEN",
        key_required=True,
        default_model="gemini-2.5-flash-lite",
        wire="gemini",
        dialect={"vertex": True},
        prices="google",
        capabilities=_GEMINI,
        about=_VERTEX_LOGIN.format("GOOGLE_CLOUD_PROJECT is its id"),
    ),
    Row(
        name="vertex-regional",
        base_url=_VERTEX.format(host="{GOOGLE_CLOUD_LOCATION}-aiplatform", location="{GOOGLE_CLOUD_LOCATION}"),
        key_env="GOOGLE_ACCESS_TOKEN",
        key_required=True,
        wire="gemini",
        dialect={"vertex": True},
        prices="google",
        capabilities=_GEMINI,
        about=_VERTEX_LOGIN.format("GOOGLE_CLOUD_LOCATION is such as europe-west4"),
    ),
    Row(
        name="mistral",
        base_url="https://api.mistral.ai/v1",
        key_env="MISTRAL_API_KEY",
        key_required=True,
        default_model="mistral-small-latest",
        dialect={
            "stream_usage": False,
            "seed": "random_seed",
            "required": "any",
            "documents": "document_url",
            "reasoning_echo": "parts",
            "extra_content": False,
            "dimensions": "output_dimension",
        },
        prices="mistral",
        capabilities=frozenset({"images", "documents", "audio", "tools", "schema", "reasoning", "embeddings"}),
    ),
    Row(
        name="groq",
        base_url="https://api.groq.com/openai/v1",
        key_env="GROQ_API_KEY",
        key_required=True,
        dialect={"extra_content": False},
        prices="groq",
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "audio_out"}),
    ),
    Row(
        name="deepseek",
        base_url="https://api.deepseek.com",
        key_env="DEEPSEEK_API_KEY",
        key_required=True,
        default_model="deepseek-chat",
        dialect={
            "schema": "json_object",
            "reasoning": "thinking",
            "reasoning_echo": "reasoning_content",
            "images": False,
            "documents": "none",
            "audio": False,
        },
        prices="deepseek",
        capabilities=frozenset({"tools", "reasoning"}),
    ),
    Row(
        name="xai",
        base_url="https://api.x.ai/v1",
        key_env="XAI_API_KEY",
        key_required=True,
        dialect={"output_in_total": True},
        prices="x-ai",
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "image_out"}),
    ),
    Row(
        name="openrouter",
        base_url="https://openrouter.ai/api/v1",
        key_env="OPENROUTER_API_KEY",
        key_required=True,
        default_model="openrouter/auto",
        dialect={"reasoning": "object", "reasoning_echo": "reasoning_details", "cache_control": True},
        prices="openrouter",
        capabilities=frozenset(
            {
                "images",
                "documents",
                "audio",
                "tools",
                "schema",
                "reasoning",
                "embeddings",
                "image_out",
                "search",
                "cache",
            }
        ),
    ),
    Row(
        name="together",
        base_url="https://api.together.xyz/v1",
        key_env="TOGETHER_API_KEY",
        key_required=True,
        prices="together",
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "embeddings"}),
    ),
    Row(
        name="fireworks",
        base_url="https://api.fireworks.ai/inference/v1",
        key_env="FIREWORKS_API_KEY",
        key_required=True,
        dialect={"reasoning_echo": "reasoning_content"},
        prices="fireworks",
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "embeddings"}),
    ),
    Row(
        name="perplexity",
        base_url="https://api.perplexity.ai",
        key_env="PERPLEXITY_API_KEY",
        key_required=True,
        default_model="sonar",
        dialect={"stream_usage": False, "strict": False},
        prices="perplexity",
        capabilities=frozenset({"images", "schema", "reasoning", "search"}),
        about="lists no models",
    ),
    Row(
        name="cerebras",
        base_url="https://api.cerebras.ai/v1",
        key_env="CEREBRAS_API_KEY",
        key_required=True,
        dialect={"max_tokens": "max_completion_tokens", "reasoning_echo": "reasoning", "extra_content": False},
        prices="cerebras",
        capabilities=frozenset({"tools", "schema", "reasoning"}),
    ),
    Row(
        name="huggingface",
        base_url="https://router.huggingface.co/v1",
        key_env="HF_TOKEN",
        key_required=True,
        capabilities=frozenset({"images", "tools", "schema", "reasoning"}),
    ),
    Row(
        name="nvidia",
        base_url="https://integrate.api.nvidia.com/v1",
        key_env="NVIDIA_API_KEY",
        key_required=True,
        dialect={"input_type": "passage"},
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "embeddings"}),
    ),
    Row(
        name="github",
        base_url="https://models.github.ai/inference",
        key_env="GITHUB_TOKEN",
        key_required=True,
        capabilities=frozenset({"images", "tools", "schema", "embeddings"}),
        about="GitHub Models; the token needs the right models:read",
    ),
    Row(
        name="moonshot",
        base_url="https://api.moonshot.ai/v1",
        key_env="MOONSHOT_API_KEY",
        key_required=True,
        dialect={"reasoning": "switch", "reasoning_echo": "reasoning_content"},
        prices="moonshotai",
        capabilities=frozenset({"images", "tools", "schema", "reasoning"}),
    ),
    Row(
        name="zai",
        base_url="https://api.z.ai/api/paas/v4",
        key_env="ZAI_API_KEY",
        key_required=True,
        dialect={"schema": "json_object", "reasoning": "thinking", "reasoning_echo": "reasoning_content"},
        prices="zai",
        capabilities=frozenset({"images", "tools", "reasoning"}),
    ),
    Row(
        name="minimax",
        base_url="https://api.minimax.io/v1",
        key_env="MINIMAX_API_KEY",
        key_required=True,
        dialect={"max_tokens": "max_completion_tokens", "schema": "none", "reasoning": "none"},
        prices="minimax",
        capabilities=frozenset({"tools"}),
    ),
    Row(
        name="venice",
        base_url="https://api.venice.ai/api/v1",
        key_env="VENICE_API_KEY",
        key_required=True,
        capabilities=frozenset(
            {"images", "tools", "schema", "reasoning", "embeddings", "search", "image_out", "audio_out"}
        ),
    ),
    Row(
        name="doubleword",
        base_url="https://api.doubleword.ai/v1",
        key_env="DOUBLEWORD_API_KEY",
        key_required=True,
        dialect={"reasoning_echo": "reasoning_content"},
        prices="doubleword",
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "embeddings"}),
    ),
    Row(
        name="crusoe",
        base_url="https://api.inference.crusoecloud.com/v1",
        key_env="CRUSOE_API_KEY",
        key_required=True,
        dialect={"reasoning_echo": "reasoning"},
        capabilities=frozenset({"tools", "schema", "reasoning"}),
    ),
    Row(
        name="gemini-openai",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        key_env="GEMINI_API_KEY",
        key_required=True,
        dialect={"output_in_total": True},
        prices="google",
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "embeddings"}),
        about="Gemini's compatible endpoint; `gemini` is the native one and can do more",
    ),
    Row(
        name="azure",
        base_url="{AZURE_OPENAI_ENDPOINT}/openai/v1",
        key_env="AZURE_OPENAI_API_KEY",
        key_required=True,
        dialect={"max_tokens": "max_completion_tokens", "extra_content": False},
        prices="azure",
        auth_header="api-key",
        capabilities=frozenset({"images", "audio", "tools", "schema", "reasoning", "embeddings"}),
        about="AZURE_OPENAI_ENDPOINT is such as https://NAME.openai.azure.com; models are named as deployed",
    ),
    Row(
        name="openai-responses",
        base_url="https://api.openai.com/v1",
        key_env="OPENAI_API_KEY",
        key_required=True,
        wire="openai-responses",
        dialect={"counts": True},
        prices="openai",
        capabilities=frozenset(
            {"images", "documents", "tools", "schema", "reasoning", "embeddings", "image_out", "search"}
        ),
        about="OpenAI's newer endpoint, with tools that it runs itself and reasoning that lasts over several turns",
    ),
    Row(
        name="xai-responses",
        base_url="https://api.x.ai/v1",
        key_env="XAI_API_KEY",
        key_required=True,
        wire="openai-responses",
        dialect={"instructions": False},
        prices="x-ai",
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "search"}),
        about="xAI's newer endpoint",
    ),
    Row(
        name="azure-responses",
        base_url="{AZURE_OPENAI_ENDPOINT}/openai/v1",
        key_env="AZURE_OPENAI_API_KEY",
        key_required=True,
        wire="openai-responses",
        prices="azure",
        auth_header="api-key",
        capabilities=frozenset({"images", "documents", "tools", "schema", "reasoning", "embeddings", "image_out"}),
        about="AZURE_OPENAI_ENDPOINT is such as https://NAME.openai.azure.com; models are named as deployed",
    ),
    Row(
        name="bedrock",
        base_url="https://bedrock-runtime.{AWS_REGION}.amazonaws.com",
        key_env="AWS_BEARER_TOKEN_BEDROCK",
        wire="bedrock",
        prices="aws",
        capabilities=frozenset({"images", "documents", "tools", "schema", "reasoning", "embeddings", "cache"}),
        about="AWS_REGION is such as us-east-1; without a token, the extra `bedrock` signs with the credentials of AWS",
    ),
    Row(
        name="bedrock-mantle",
        base_url="https://bedrock-mantle.{AWS_REGION}.api.aws/openai/v1",
        key_env="AWS_BEARER_TOKEN_BEDROCK",
        key_required=True,
        wire="openai-responses",
        prices="aws",
        capabilities=frozenset({"tools", "schema", "reasoning"}),
        about="OpenAI's models on Bedrock, in OpenAI's words; AWS_REGION is such as us-east-1",
    ),
    Row(
        name="cohere",
        base_url="https://api.cohere.com",
        key_env="CO_API_KEY",
        key_required=True,
        default_model="command-a-03-2025",
        wire="cohere-v2",
        # It charges for fewer tokens than it counts, so a price times what was counted would be wrong.
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "embeddings", "ranking"}),
    ),
    Row(
        name="cloudflare",
        base_url="https://api.cloudflare.com/client/v4/accounts/{CLOUDFLARE_ACCOUNT_ID}/ai/v1",
        key_env="CLOUDFLARE_API_TOKEN",
        key_required=True,
        prices="cloudflare",
        capabilities=frozenset({"tools", "schema", "embeddings"}),
        about="Workers AI",
    ),
)

_SEARCH = (
    Row(
        name="voyage",
        base_url="https://api.voyageai.com/v1",
        key_env="VOYAGE_API_KEY",
        key_required=True,
        wire="voyage",
        prices="voyageai",
        capabilities=frozenset({"embeddings", "ranking"}),
        about="embeddings and ranking alone; lists no models",
    ),
    Row(
        name="jina",
        base_url="https://api.jina.ai/v1",
        key_env="JINA_API_KEY",
        key_required=True,
        capabilities=frozenset({"embeddings", "ranking"}),
        about="embeddings and ranking alone; lists no models",
    ),
)

_OWN = (
    Row(
        name="lmstudio",
        base_url="http://127.0.0.1:1234/v1",
        key_env="LM_API_TOKEN",
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "embeddings"}),
        about="LM Studio on this machine",
    ),
    Row(
        name="vllm",
        base_url="http://127.0.0.1:8000/v1",
        key_env="VLLM_API_KEY",
        capabilities=frozenset({"images", "audio", "tools", "schema", "reasoning", "embeddings", "ranking"}),
        about="vLLM on this machine",
    ),
    Row(
        name="llamacpp-server",
        base_url="http://127.0.0.1:8080/v1",
        key_env="LLAMA_API_KEY",
        dialect={"reasoning_echo": "reasoning_content"},
        capabilities=frozenset({"images", "audio", "tools", "schema", "reasoning", "embeddings", "ranking"}),
        about="llama-server of llama.cpp on this machine",
    ),
    Row(
        name="sglang",
        base_url="http://127.0.0.1:30000/v1",
        key_env="SGLANG_API_KEY",
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "embeddings"}),
        about="SGLang on this machine",
    ),
    Row(
        name="ollama",
        base_url="{OLLAMA_HOST:-http://127.0.0.1:11434}",
        key_env="OLLAMA_API_KEY",
        wire="ollama",
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "embeddings"}),
        about="Ollama, on this machine or where OLLAMA_HOST says",
    ),
    Row(
        name="ollama-openai",
        base_url="http://127.0.0.1:11434/v1",
        key_env="OLLAMA_API_KEY",
        dialect={"reasoning_echo": "reasoning"},
        capabilities=frozenset({"images", "tools", "schema", "reasoning", "embeddings"}),
        about="Ollama's compatible endpoint on this machine; `ollama` is the native one and can do more",
    ),
)

ROWS = {row.name: row._replace(dialect=MappingProxyType(dict(row.dialect))) for row in (*_CLOUD, *_SEARCH, *_OWN)}
"""All services; of those whose key is set, the first with a default model serves when none is named."""
OPENAI = ROWS["openai"]
