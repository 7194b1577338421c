const model = llm();
const city = await model.extract("Ada lives in Paris, 3 of 4 days.", { city: "string", days: "integer?" });
const tags = await model.extract("red and blue", ["string"], { mode: "prompted", temperature: 0 });
const label = await model.classify("Buy now!", ["spam", "ham"]);
const meant = await model.classify("Hello", { spam: "wants money", ham: "all else" }, { instructions: "Be fair." });
const err = await model.extract("nothing", { n: "integer" }, { repairs: 0 }).catch((error) => error);
const wrong = await model.extract("nothing", { n: "intger" }).catch((error) => error);
export default {
  city, tags, label, meant, calls: (await spell.usage()).calls,
  err: [err.kind, err.data.text], wrong: [wrong.kind, wrong.hint],
};
