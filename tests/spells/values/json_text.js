const text = json.encode({ a: [1, null, 'x\n"'], b: true });
export default {
  compact: text,
  indented: json.encode({ a: [1, 2] }, { indent: 2 }),
  decoded: json.decode('{"a": [1, null, {"b": "\\u00e9\\ud83d\\ude00"}], "c": 0.5}'),
  round: json.encode(json.decode(text)) === text,
};
