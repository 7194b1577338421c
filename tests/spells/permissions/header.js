// @allow model scripted/other "a spell grants itself nothing"
export default (await llm("scripted/other").complete("Hi")).text; // HERE
