"""What a run may reach of the machine, each behind the permissions of the run.

`blobs` holds bytes that scripts know by handles, `files`, `environment`, `programs` and `web` touch the outside. Bridge
objects and built-in tools are thin over these; none of them knows a script.
"""
