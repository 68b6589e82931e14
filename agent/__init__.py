"""What to conclude and how to talk: rules decide, the model talks."""
