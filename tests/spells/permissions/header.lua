-- @allow model scripted/other "a spell grants itself nothing"
return llm("scripted/other"):complete("Hi").text -- HERE
