write("kept");
throw new Error("then it failed"); // HERE
