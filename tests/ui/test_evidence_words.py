"""What the chat says of its advice after a measurement agrees with the recommendation beside it."""

import pytest

from agent.decide import decide
from agent.facts import Facts
from agent.say import verdict_sentence
from ui.chat.journey.evidence import advised
from ui.chat.words import words


@pytest.mark.parametrize("language", ["en", "es", "de", "fr", "zh"])
def test_no_language_model_is_not_called_keeping_what_there_is(language: str) -> None:
    found = decide(Facts(no_llm_meets_target=True, target_score=0.8))
    said = advised(found, words(language))
    assert said
    assert verdict_sentence(found, language).startswith(said)
    assert not said.endswith((".", "。"))
    assert said != words(language).decision("do_nothing")
