return { text = stdin.read(), lines = stdin.lines():collect() }
