"""What can be measured or done: plain typed Python, no chat and no prompts."""
