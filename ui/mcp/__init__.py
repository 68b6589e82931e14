"""The third door: the same tools over the Model Context Protocol, for editors and other programs."""
