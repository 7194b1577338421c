let text = "x";
while (true) text = new TextEncoder().encode(text) && text + text;
