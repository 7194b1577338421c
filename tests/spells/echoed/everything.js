const { value } = params;
export default { returned: value, echoed: await tools.echo({ value }), decoded: json.decode(json.encode(value)) };
