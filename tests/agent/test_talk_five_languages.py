"""What the interview promises, in each of the five languages."""

from typing import Any, Literal, NamedTuple, get_args, get_origin

import pytest

from agent import events as e
from agent.case import Case
from agent.facts import Facts
from agent.say import book, value_label
from agent.turn import Conversation


class Said(NamedTuple):
    """The same sentences in one language."""

    no_idea: str
    begin: str
    other_count: str
    correction: str
    refusal: str
    elsewhere: str
    changed_gap: str


SAID = {
    "en": Said(
        "should I fine-tune?",
        "our bot answers in the wrong tone, we have 3000 labelled tickets",
        "we have 200 labelled tickets",
        "sorry, I meant 200 labelled tickets",
        "I don't know",
        "what's the weather in Paris?",
        "change examples to 20",
    ),
    "de": Said(
        "Soll ich ein Modell feintunen?",
        "Unser Bot antwortet im falschen Ton, wir haben 3000 gelabelte Tickets",
        "wir haben 200 gelabelte Tickets",
        "Entschuldigung, ich meinte 200 gelabelte Tickets",
        "weiß ich nicht",
        "Wie wird das Wetter in Paris?",
        "ändere Beispiele auf 20",
    ),
    "es": Said(
        "¿Debo hacer fine-tuning?",
        "nuestro bot responde con un tono equivocado, tenemos 3000 tickets etiquetados",
        "tenemos 200 tickets etiquetados",
        "perdón, quise decir 200 tickets etiquetados",
        "no lo sé",
        "¿Qué tiempo hace en París?",
        "cambia ejemplos a 20",
    ),
    "fr": Said(
        "Dois-je faire du fine-tuning ?",
        "notre bot répond avec un mauvais ton, nous avons 3000 tickets étiquetés",
        "nous avons 200 tickets étiquetés",
        "pardon, je voulais dire 200 tickets étiquetés",
        "je ne sais pas",
        "Quel temps fait-il à Paris ?",
        "change exemples à 20",
    ),
    "zh": Said(
        "我该微调吗？",
        "我们的机器人语气不对，我们有3000条标注数据",
        "我们有200条标注数据",
        "说错了，是200条标注数据",
        "不知道",
        "巴黎天气怎么样？",
        "把样本改为20",
    ),
}
EACH = pytest.mark.parametrize("language", SAID)


class Talk:
    """A conversation with the events of its last turn."""

    def __init__(self) -> None:
        self.conversation = Conversation(Case())
        self.events: list[e.Event] = []

    async def say(self, text: str) -> "Talk":
        self.events = [event async for event in self.conversation.say(text)]
        return self

    async def answer(self, fact: str, value: Any) -> "Talk":
        self.events = [event async for event in self.conversation.answer(fact, value)]
        return self

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.of(e.Said))

    @property
    def asked(self) -> str | None:
        return self.of(e.Asked)[-1].question.fact if self.of(e.Asked) else None

    @property
    def facts(self) -> dict[str, Any]:
        return self.conversation.case.facts_now().known()


@EACH
async def test_no_idea_at_all_gets_one_good_question(language: str) -> None:
    talk = await Talk().say(SAID[language].no_idea)
    assert talk.facts == {}
    assert talk.conversation.case.language == language
    (asked,) = talk.of(e.Asked)
    assert asked.question.fact == "gaps"
    assert asked.question.question == (book(language).get("questions") or {}).get("gaps", {}).get(
        "question", asked.question.question
    )
    assert 5 <= len(asked.question.groups) <= 7
    assert not [r for r in talk.of(e.Recommended) if r.recommendation.status == "recommend"]


UNSURE = {
    "en": "I don't know whether we should fine-tune",
    "de": "Ich weiß nicht, ob wir feintunen sollen",
    "es": "No sé si debemos hacer fine-tuning",
    "fr": "Je ne sais pas si nous devons faire du fine-tuning",
    "zh": "不知道要不要微调",
}


@EACH
async def test_not_knowing_whether_to_train_is_no_refusal_of_the_question(language: str) -> None:
    talk = await Talk().say(SAID[language].no_idea)
    await talk.say(UNSURE[language])
    assert talk.conversation.case.declined == []
    assert talk.asked == "gaps"
    await talk.say(SAID[language].refusal)
    assert talk.conversation.case.declined == ["gaps"]


@EACH
async def test_a_contradiction_is_shown_with_both_quotes_and_asked_about(language: str) -> None:
    said = SAID[language]
    talk = await Talk().say(said.begin)
    await talk.say(said.other_count)
    (clash,) = talk.of(e.Understood)[0].contradictions
    assert (clash.older.value, clash.newer.value) == (3000, 200)
    for noted in (clash.older, clash.newer):
        assert noted.quote
        assert noted.quote in talk.text
    assert talk.asked == "examples"
    await talk.answer("examples", 3000)
    assert talk.facts["examples"] == 3000
    assert talk.asked != "examples"


@EACH
async def test_a_correction_is_taken_and_only_what_hangs_on_it_is_asked(language: str) -> None:
    said = SAID[language]
    talk = await Talk().say(said.begin)
    for _ in range(3):
        if talk.asked is None:
            break
        await talk.say(said.refusal)
    answered = set(talk.conversation.case.declined)
    assert answered
    before = talk.facts
    await talk.say(said.correction)
    assert not [c for u in talk.of(e.Understood) for c in u.contradictions]
    assert talk.facts == {**before, "examples": 200}
    assert talk.asked not in answered | set(before), "what was answered before is not asked again"


@EACH
async def test_a_fact_is_changed_in_words(language: str) -> None:
    talk = await Talk().say(SAID[language].begin)
    await talk.say(SAID[language].changed_gap)
    assert talk.facts["examples"] == 20


@EACH
async def test_another_subject_gets_a_friendly_pointer_and_the_question_stays(language: str) -> None:
    said = SAID[language]
    talk = await Talk().say(said.begin)
    before, standing = talk.facts, talk.asked
    await talk.say(said.elsewhere)
    assert book(language)["out_of_scope"] in talk.text
    assert talk.facts == before
    assert talk.asked == standing


def values_of(hint: Any) -> list[str]:
    """The words a fact may have as its value."""
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    return [v for inner in get_args(hint) for v in values_of(inner)]


@pytest.mark.parametrize("language", ["de", "es", "fr", "zh"])
def test_every_value_of_every_fact_is_said_in_the_language(language: str) -> None:
    shared = {("fr", "code")}  # the same word in both
    words = [(f, v) for f, info in Facts.model_fields.items() for v in values_of(info.annotation)]
    assert len(words) > 40
    raw = {
        v for f, v in words
        if value_label(f, v, language) in (v.replace("_", " "), value_label(f, v)) and (language, v) not in shared
    }  # fmt: skip
    assert raw == set()
