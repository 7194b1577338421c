await llm().compleet("Hi"); // HERE
