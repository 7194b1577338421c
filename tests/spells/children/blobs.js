let value;
if (params.picture) {
  const { picture } = params;
  value = { text: await blob.text(picture), made: await blob.fromText("from the child"), again: picture };
} else {
  const picture = await blob.fromText("from the parent");
  const result = await spell.run("blobs", { picture });
  const forged = { blob: "0".repeat(32), mime: "text/plain", size: 1 };
  const kind = await spell.run("blobs", { picture: forged }).catch((err) => err.kind);
  const same = result.again.blob === picture.blob;
  value = [result.text, await blob.text(result.made), await blob.text(result.again), same, kind];
}
export default value;
