await llm().complete("Hi", { temperature: "hot" }); // HERE
