"""Data sets that were published, each read from the files of its publisher."""
