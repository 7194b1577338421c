print("one line");
print("a\tb");
print(1);
print(0.5);
print(true);
print({ a: [1, null, "x"] });
print([]);
print();
