"""After training: how the tuned model is put to work, what that costs by the hour, and how to go back."""
