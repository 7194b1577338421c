write("kept")
error("then it failed") -- HERE
