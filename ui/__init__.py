"""Doors to the same tools: the chat and the command line."""
