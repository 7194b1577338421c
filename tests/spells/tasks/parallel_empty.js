export default (await parallel()).length;
