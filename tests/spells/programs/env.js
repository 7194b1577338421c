const err = await env.get("SECRET").catch((error) => error);
export default {
  name: await env.get("GREETING"), list: await env.list(), kind: err.kind, message: err.message,
  gone: (await env.get("GR_GONE")) == null,
};
