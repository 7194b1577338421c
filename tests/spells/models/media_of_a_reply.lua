local reply = llm():complete("Draw and sing.")
llm():complete { { role = "user", content = { { type = "text", text = "Better!" }, reply.media[1] } } }
local parts = reply.message.content
local same = parts[2].data.blob == reply.media[1].data.blob
return { reply.text, blob.base64(reply.media[1].data), reply.media[2].data.mime, blob.text(reply.media[2].data), same }
