const b = await blob.fromText("héllo", "text/plain");
const joined = await blob.concat([b, await blob.fromBase64("AAH/")]);
const part = await blob.slice(joined, 6);
const err = await blob.text(part).catch((error) => error);
const hashes = [];
for (const algorithm of ["md5", "sha1", "sha256", "sha512"]) hashes.push((await blob.hash(b, algorithm)).length);
const same = await blob.text(await blob.slice(joined, 0, 6));
await blob.free(b);
const freed = await blob.text(b).catch((error) => error);
export default {
  size: joined.size, mime: joined.mime, part: await blob.base64(part), err: err.kind, hashes, same, freed: freed.kind,
  sha: await blob.hash(part), empty: (await blob.slice(joined, 100)).size,
};
