"""What `make bench` runs: every figure of docs/performance.md, measured beside what it is compared with."""
