const error = await tools.echo({ value: [{ $function: 1 }] }).catch((error) => error);
export default {
  refused: error.kind,
  named: error.message.includes("has the key $function"),
  data: json.decode('{"$function":1}'),
};
