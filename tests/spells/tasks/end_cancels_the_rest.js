for await (const chunk of llm().stream("Go")) {
  write(chunk.text);
  break;
}
sleep(60).then(() => print("never"));
export default "done";
