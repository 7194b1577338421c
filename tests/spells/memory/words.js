const notes = memory("words", { meaning: false });
await notes.delete();
const first = await notes.add("The harbour opens at six in the morning.", { source: "harbour", metadata: { page: 7 } });
await notes.add("# Ships\n\nA ship has sails.\n\n## Anchors\n\nAn anchor holds the ship.", { source: "ships", title: "On ships" });
const again = await notes.add("The harbour opens at six in the morning.", { source: "harbour", metadata: { page: 7 } });
const found = await notes.search("anchors", { limit: 2 });
const [sixth] = await notes.search("when does it OPEN?");
const context = await notes.context("anchor");
const count = await notes.count();
await notes.add("The harbour is closed.", { source: "harbour" });
export default {
  first, again, count, sources: await notes.sources(),
  found: [found.length, found[0].heading, found[0].text, found[0].title, found[0].score > 0],
  sixth: [sixth.source, sixth.metadata.page], context,
  replaced: [(await notes.search("six")).length, (await notes.search("closed"))[0].text],
  nothing: [(await notes.search("zebra")).length, (await notes.search("?!")).length, await notes.context("zebra")],
  gone: [await notes.delete("harbour"), await notes.delete("harbour"), await notes.delete(), (await notes.count()).pieces],
  other: (await memory("others", { meaning: false }).count()).documents,
};
