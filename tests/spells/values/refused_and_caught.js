let caught;
try {
  await tools.echo({ value: { ratio: 0 / 0 } });
} catch (error) {
  caught = error;
}
export default {
  kind: caught.kind,
  place: caught.message.includes("ratio is not a finite number"),
  line: caught.line === 3,
};
