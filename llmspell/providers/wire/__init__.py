"""Wire formats, without I/O: a request becomes bytes, and bytes become events."""
