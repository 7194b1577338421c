local found = llm():rerank("dog barks", { "a cat", "my dog barks", "a dog" }, { top = 2, timeout = 9, extra = { truncate = "END" } })
return { found, spell.usage().calls }
