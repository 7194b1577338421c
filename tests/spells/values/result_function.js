export default async function ({ a, b }) {
  return { sum: await tools.add({ a, b }) };
}
