return llm():complete("hello").text
