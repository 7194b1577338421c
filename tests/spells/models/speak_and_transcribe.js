const audio = await llm().speak("Grüß Gott", { voice: "alloy", format: "wav", speed: 1.5 });
const heard = await llm().transcribe(audio, { language: "de", prompt: "Gott" });
export default [audio, heard, (await llm().transcribe({ data: "aGk=", name: "note.mp3" })).text];
