print("done");
