const sum = await tools.ad({ a: 1, b: 2 }); // HERE
export default sum;
