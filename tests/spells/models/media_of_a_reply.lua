local reply = llm():complete("Draw and sing.")
llm():complete { { role = "user", content = { { type = "text", text = "Better!" }, reply.media[1] } } }
return { reply.text, reply.media }
