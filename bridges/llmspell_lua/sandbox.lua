-- Every name of the Lua libraries that a spell may see; what is not listed does not exist for it.
-- A name that a dialect lacks is skipped. `own` names what the prelude adds or replaces.
return {
  globals = {
    "_VERSION", "assert", "error", "getmetatable", "ipairs", "next", "pairs", "rawequal", "rawget", "rawlen",
    "rawset", "select", "tonumber", "type", "unpack",
  },
  libraries = {
    bit = {
      "arshift", "band", "bnot", "bor", "bswap", "bxor", "lshift", "rol", "ror", "rshift", "tobit", "tohex",
    },
    coroutine = {},
    math = {
      "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod", "frexp",
      "huge", "ldexp", "log", "log10", "max", "maxinteger", "min", "mininteger", "modf", "pi", "pow", "rad",
      "random", "sin", "sinh", "sqrt", "tan", "tanh", "tointeger", "type", "ult",
    },
    os = { "difftime" },
    string = {
      "byte", "char", "find", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "reverse", "sub",
      "unpack", "upper",
    },
    table = { "concat", "insert", "move", "pack", "remove", "sort", "unpack" },
    utf8 = { "char", "charpattern", "codepoint", "codes", "len", "offset" },
  },
  own = {
    "_G", "array", "json", "load", "log", "map", "now", "null", "parallel", "params", "pcall", "print", "race",
    "require", "retry", "setmetatable", "spell", "timeout", "tools", "tostring", "uuid", "write", "xpcall",
  },
}
