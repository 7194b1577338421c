const loop = {};
loop.me = loop;
export default loop;
