local b = blob.from_text("héllo", "text/plain")
local joined = blob.concat({ b, blob.from_base64("AAH/") })
local part = blob.slice(joined, 6)
local _, err = pcall(blob.text, part)
local hashes = {}
for _, algorithm in ipairs({ "md5", "sha1", "sha256", "sha512" }) do
  hashes[#hashes + 1] = #blob.hash(b, algorithm)
end
local same = blob.text(blob.slice(joined, 0, 6))
blob.free(b)
local _, freed = pcall(blob.text, b)
return { size = joined.size, mime = joined.mime, part = blob.base64(part), err = err.kind, hashes = hashes,
         same = same, freed = freed.kind, sha = blob.hash(part), empty = blob.slice(joined, 100).size }
