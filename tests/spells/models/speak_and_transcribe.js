const audio = await llm().speak("Grüß Gott", { voice: "alloy", format: "wav", speed: 1.5 });
const heard = await llm().transcribe(audio, { language: "de", prompt: "Gott" });
const again = await llm().transcribe({ data: audio.data });
export default [
  audio.type, audio.mime, await blob.text(audio.data), heard, again.text,
  (await llm().transcribe({ data: "aGk=", name: "note.mp3" })).text,
];
