const page = await tools.fetch_page({ url: "https://example.com/tides" });
const answer = await tools.http_request({ url: "https://example.com/items", json: { name: "lamp" } });
const problem = await tools.fetch_page({ url: "https://elsewhere.example/" }).catch((error) => error);
const unset = await tools.web_search({ query: "tides" }).catch((error) => error);
export default {
  page: page.text,
  status: answer.status,
  id: answer.json.id,
  ok: !(problem instanceof Error),
  problem: problem.kind,
  unset: unset.kind,
};
