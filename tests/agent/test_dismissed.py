"""A gap that is waved away goes, and what is named in its place counts."""

import pytest
from test_talk_sayings import talk

from agent.extract import detect, extract

WAVED = [
    ("never mind the tone, it's the wrong prices", ("knowledge",)),
    ("actually no, it's fine with clauses, it's the tone that's off", ("tone_style",)),
    ("it's not the latency, it's the cost", ("cost",)),
    ("forget the format, the tone is too stiff", ("tone_style",)),
    ("the tone is fine, the prices are wrong", ("knowledge",)),
    ("vergiss den Ton, er nennt falsche Preise", ("knowledge",)),
    ("Der Ton stimmt, nur die Fakten sind falsch", ("knowledge",)),
    ("Es ist nicht der Preis, es ist der Ton.", ("tone_style",)),
    ("no es el tono, sino que inventa datos", ("knowledge",)),
    ("con las cláusulas va bien, pero suena frío", ("tone_style",)),
    ("oublie le ton, les prix sont faux", ("knowledge",)),
    ("le ton va, mais il invente", ("knowledge",)),
    ("别管语气,它乱说价格", ("knowledge",)),
    ("语气还行,就是乱编价格", ("knowledge",)),
]


@pytest.mark.parametrize(("text", "gaps"), WAVED)
def test_what_is_waved_away_is_no_gap_and_what_is_named_instead_is(text: str, gaps: tuple[str, ...]) -> None:
    assert extract(text, detect(text))["gaps"].value == gaps


TONE = [
    "not the right tone",
    "it sounds like a robot, not our voice",
    "der Ton passt nicht",
    "no es el tono adecuado",
    "le ton ne va pas",
    "ce n'est pas le bon ton",
    "语气不对",
]


@pytest.mark.parametrize("text", TONE)
def test_what_is_said_to_be_wrong_is_not_waved_away(text: str) -> None:
    assert extract(text, detect(text))["gaps"].value == ("tone_style",)


LATER = [
    (
        "our bot invents clauses in contracts",
        "actually no, it's fine with clauses, it's the tone that's off",
        "tone_style",
    ),
    ("our bot's tone is off", "never mind the tone, it's the wrong prices that hurt", "knowledge"),
    ("our bot sounds stiff and gives wrong prices", "the tone is fine", "knowledge"),
    ("unser Bot klingt steif", "vergiss den Ton, er nennt falsche Preise", "knowledge"),
    ("nuestro bot suena frío, es demasiado formal", "olvida el tono, inventa precios", "knowledge"),
    ("notre bot invente des clauses", "pour les clauses ça va, c'est trop formel", "tone_style"),
    ("我们的机器人语气太生硬", "别管语气,它乱说价格", "knowledge"),
]


@pytest.mark.parametrize(("first", "then", "left"), LATER)
def test_a_gap_that_is_waved_away_later_goes(first: str, then: str, left: str) -> None:
    assert list(talk(first, then)[0].facts["gaps"].value) == [left]


def test_the_only_gap_waved_away_is_open_again() -> None:
    case = talk("our bot sounds stiff", "never mind the tone")[0]
    assert "gaps" not in case.facts
    assert "gaps" not in case.declined


@pytest.mark.parametrize(
    "text", ["is the tone fine?", "once the tone is fine we go live", "my boss says the tone is fine"]
)
def test_what_is_asked_supposed_or_reported_waves_nothing_away(text: str) -> None:
    assert list(talk("our bot sounds stiff", text)[0].facts["gaps"].value) == ["tone_style"]


@pytest.mark.parametrize("text", ["the model is fine, but we need it soon", "it's ok with customers so far"])
def test_who_is_content_or_what_the_talk_is_about_waves_no_gap_away(text: str) -> None:
    case = talk("it makes up answers from the model and lies to customers", text)[0]
    assert list(case.facts["gaps"].value) == ["knowledge"]
