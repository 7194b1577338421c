return stdin.lines()
