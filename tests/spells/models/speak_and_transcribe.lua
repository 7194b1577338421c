local audio = llm():speak("Grüß Gott", { voice = "alloy", format = "wav", speed = 1.5 })
local heard = llm():transcribe(audio, { language = "de", prompt = "Gott" })
return { audio, heard, llm():transcribe({ data = "aGk=", name = "note.mp3" }).text }
