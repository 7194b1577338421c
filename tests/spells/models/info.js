const info = await llm().info();
export default {
  name: info.name,
  provider: info.provider,
  context: info.contextLength,
  most: info.maxOutputTokens == null,
  local: info.local,
};
