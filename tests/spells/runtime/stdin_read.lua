return { text = stdin.read(), again = stdin.read() }
