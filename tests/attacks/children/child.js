const AsyncFunction = (async () => {}).constructor;
export default params.again ? await spell.run("child", params, params.options) : await AsyncFunction(params.code)();
