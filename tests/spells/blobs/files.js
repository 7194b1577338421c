const picture = await fs.blob("point.svg");
await fs.write("copy.svg", picture);
await fs.write("copy.svg", await blob.fromText("!"), { append: true });
export default { mime: picture.mime, size: picture.size, text: await blob.text(picture) };
