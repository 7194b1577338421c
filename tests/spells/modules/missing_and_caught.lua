local _, err = pcall(require, "parts.nothing")
return err.kind
