local function kind_of(work, ...)
  local ok, err = pcall(work, ...)
  return ok and "no error" or err.kind
end
return {
  bad = { kind_of(json.decode, "{oops"), kind_of(json.decode, ""), kind_of(json.decode, "[1] 2") },
  encode = kind_of(json.encode, { print }),
}
