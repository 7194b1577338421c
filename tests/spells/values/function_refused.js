export default { a: { run() {} } };
