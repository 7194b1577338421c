#!/usr/bin/env -S llmspell run
print("runs");
throw new Error("here"); // HERE
