"""Files in and out: workbooks and csv are read in a guarded child process and written with care."""
