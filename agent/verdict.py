"""The one sentence of a recommendation, for cards and terminals."""

from agent.say import verdict_sentence

__all__ = ["verdict_sentence"]
