const stream = llm().stream("Nobody listens");
export default stream && "done";
