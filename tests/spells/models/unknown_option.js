await llm().complete("Hi", { temprature: 0 }); // HERE
