// A page of the web, and what a model makes of it. Which host may be asked is said on the command line.
//   llmspell run examples/14_web.js -p url=https://example.com/ --allow-net=example.com
const page = await http.get(params.url, { timeout: 20, maxSize: 1000000 });
if (!page.ok) throw new Error(`${params.url} answered with the status ${page.status}`);
if (page.text === undefined) throw new Error(`that is no text, but ${page.blob.mime}`);

const text = page.text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").slice(0, 2000);
const reply = await llm().complete(`Say in one sentence what this page is about: ${text}`, { maxTokens: 60 });
export default { url: page.url, summary: reply.text };
