local stream = llm():stream("Nobody listens")
return stream and "done"
