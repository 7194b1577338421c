print("one line");
print("a\tb");
print(1, 0.5, true);
print({ a: [1, null, "x"] }, [], "text");
print();
