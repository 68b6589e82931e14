"""Distillation: a teacher's answers to your prompts, filtered, as a dataset that a smaller student is trained on."""
