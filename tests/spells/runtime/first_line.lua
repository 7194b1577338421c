#!/usr/bin/env -S llmspell run
print("runs")
error("here", 0) -- HERE
