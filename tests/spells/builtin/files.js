await tools.write_file({ path: "out/a.txt", content: "one\ntwo\nthree\n" });
const edited = await tools.edit_file({ path: "out/a.txt", old: "two", new: "2" });
const ambiguous = await tools.edit_file({ path: "out/a.txt", old: "e", new: "E" }).catch((error) => error);
export default {
  edited: edited.line,
  ok: !(ambiguous instanceof Error),
  ambiguous: ambiguous.kind,
  lines: await tools.read_file({ path: "out/a.txt", first_line: 2 }),
  names: (await tools.find_files({ pattern: "**/*.txt" })).paths,
  entries: (await tools.list_files({ path: "out" })).entries.length,
  found: (await tools.search_files({ pattern: "th", files: "out" })).matches,
};
