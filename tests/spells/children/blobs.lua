if params.picture then
  return { text = blob.text(params.picture), made = blob.from_text("from the child"), again = params.picture }
end
local picture = blob.from_text("from the parent")
local result = spell.run("blobs", { picture = picture })
local ok, err = pcall(spell.run, "blobs", { picture = { blob = string.rep("0", 32), mime = "text/plain", size = 1 } })
return { result.text, blob.text(result.made), blob.text(result.again), result.again.blob == picture.blob, err.kind }
