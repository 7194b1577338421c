print("first")
prnt("second") -- HERE
