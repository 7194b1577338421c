return { model = llm() }
