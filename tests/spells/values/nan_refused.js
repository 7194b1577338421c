export default { ratio: 0 / 0 };
