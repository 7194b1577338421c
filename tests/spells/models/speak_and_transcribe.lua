local audio = llm():speak("Grüß Gott", { voice = "alloy", format = "wav", speed = 1.5 })
local heard = llm():transcribe(audio, { language = "de", prompt = "Gott" })
return { audio.type, audio.mime, blob.text(audio.data), heard, llm():transcribe({ data = audio.data }).text, llm():transcribe({ data = "aGk=", name = "note.mp3" }).text }
