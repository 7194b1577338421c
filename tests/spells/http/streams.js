const found = [];
for await (const line of http.lines("http://api.test/1")) {
  found.push(line);
  if (line === "three") break;
}
for await (const event of http.events("http://api.test/2")) found.push(`${event.event}=${event.data}`);
found.push((await http.stream("http://api.test/3", { json: [1] }).collect()).join(""));
const err = await http.lines("http://api.test/4").collect().catch((error) => error);
found.push(`${err.kind} ${err.status} ${err.retryable} ${err.message}`);
export default found;
