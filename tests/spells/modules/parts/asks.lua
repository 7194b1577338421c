sleep(0.001)
return llm():complete("Which city?").text
