log("plain")
log.debug("d")
print("out")
log.info({ a = 1 })
log.warn("w")
log.error("e")
return 1
