"""The command line: one file a noun; nothing heavy is imported before it is needed."""
