"""Ways of saying that the fifteenth round found misread, in other words than the round's and in several languages."""

from typing import Any

import pytest

from agent.extract import detect, read
from agent.extract.scope import off_topic
from agent.extract.text import Text
from agent.extract.words import words

REPORTED = [
    "my professor thinks 20k labelled examples are needed and that their group has six A100s",
    "A neighbour told me they fine-tuned a model on 4,000 labelled emails",
    "Unser Dienstleister behauptet, er habe 30.000 annotierte Beispiele",
    "Mein Schwager meint, 200 gelabelte Beispiele reichen und er hat vier GPUs",
    "Mi profesor dice que tiene 5.000 ejemplos etiquetados",
    "Mi primo asegura que con 500 ejemplos etiquetados basta",
    "Notre agence affirme avoir 12 000 exemples annotés",
    "Mon beau-frère dit qu'il a déjà un modèle fine-tuné",
    "隔壁部门说他们有三万条标注数据",
    "别家公司用五千条标注数据就做到了准确率90%",
    "Mein Chef hat gehört, dass man mit 40 gelabelten Beispielen auskommt",
    "my brother's company has 900 labelled chats",
    "la empresa de mi primo tiene 900 ejemplos etiquetados",
    "la boîte de mon cousin a 900 exemples annotés",
    "朋友的公司有九百条标注数据",
]


@pytest.mark.parametrize("text", REPORTED)
def test_what_relatives_sellers_and_others_say_or_have_is_nobodys_fact(text: str) -> None:
    assert read(text, detect(text)).facts == {}


SAID: list[tuple[str, dict[str, Any]]] = [
    # What is fine, or only not the trouble, is no gap.
    ("quality's good enough but the bill is killing us", {"gaps": ("cost",), "meets_target": True}),
    ("La qualité nous convient, mais c'est beaucoup trop cher", {"gaps": ("cost",), "meets_target": True}),
    ("语气也没什么问题，就是算错金额", {"gaps": ("calculation",)}),
    ("不是太贵，主要是太慢", {"gaps": ("latency",)}),
    # A larger model's score is its own.
    (
        "Aktuell 68 %, mit GPT-5 schaffen wir 89 %, Ziel 85 %",
        {"baseline_score": 0.68, "teacher_score": 0.89, "target_score": 0.85},
    ),
    (
        "Hoy estamos en 68%, con GPT-5 llegamos al 89%, el objetivo es 85%",
        {"baseline_score": 0.68, "teacher_score": 0.89, "target_score": 0.85},
    ),
    (
        "On en est à 68 %, avec GPT-5 on monte à 89 %, objectif 85 %",
        {"baseline_score": 0.68, "teacher_score": 0.89, "target_score": 0.85},
    ),
    (
        "现在准确率68%，换成GPT-5可以到89%，目标85%",
        {"baseline_score": 0.68, "teacher_score": 0.89, "target_score": 0.85},
    ),
    # Twice a year is no quarter.
    ("Unsere Vorlagen ändern sich zweimal im Jahr", {"knowledge_change": "yearly"}),
    # Facts that are told wrongly.
    ("it gives wrong interest rates", {"gaps": ("knowledge",)}),
    ("it keeps quoting last year's fees", {"gaps": ("knowledge",)}),
    ("Der Bot nennt falsche Zinssätze", {"gaps": ("knowledge",)}),
    ("Il donne de faux taux d'intérêt", {"gaps": ("knowledge",)}),
    ("它给客户报错利率", {"gaps": ("knowledge",)}),
    ("the answers are right but way too long", {"gaps": ("format",)}),
    # It does not do as it is told.
    ("it keeps adding emojis no matter how often I tell it not to", {"gaps": ("instruction_following",)}),
    ("er hält sich nicht an das was ich sage", {"gaps": ("instruction_following",)}),
    ("por mucho que se lo diga, sigue poniendo saludos", {"gaps": ("instruction_following",)}),
    ("j'ai beau lui dire, il continue d'ajouter une formule", {"gaps": ("instruction_following",)}),
    ("怎么说它都不听", {"gaps": ("instruction_following",)}),
    # How far the prompt was taken.
    ("den Prompt hab ich schon 20mal umgeschrieben", {"prompt_effort": "iterated"}),
    ("提示词换了十几版", {"prompt_effort": "iterated"}),
    ("tried about 20 phrasings", {"prompt_effort": "iterated"}),
    # The rest.
    ("The checker is 12 lines of bash", {"objective_grader": True}),
    ("legal does not allow a single file to leave the building", {"data_must_stay_inside": True}),
    ("Die Rechtsabteilung lässt keinen Datensatz aus dem Haus", {"data_must_stay_inside": True}),
    ("no tenemos tiempo para hacer más ejemplos", {"can_make_examples": False}),
    ("Unser Team könnte weitere Beispiele schreiben", {"can_make_examples": True}),
    ("casi todos los ejemplos son de una sola categoría", {"labels_quality": "imbalanced"}),
    ("se equivoca al calcular descuentos", {"gaps": ("calculation",)}),
    ("on a activé les sorties structurées", {"structured_output_tried": True}),
    ("l'agent dispose d'une dizaine d'outils", {"tools_tried": True}),
    ("On a 300 comptes rendus relus par un juriste", {"examples": 300}),
    ("quand la doc ne dit rien, il brode au lieu d'avouer qu'il ne sait pas", {"gaps": ("abstention",)}),
    (
        "retrieval is set up but the right page only shows up in the top 10 every other time",
        {"rag_tried": True, "retrieval_recall_ok": False, "gaps": ("retrieval_recall",)},
    ),
    (
        "检索做了，但对的文档经常搜不到",
        {"rag_tried": True, "retrieval_recall_ok": False, "gaps": ("retrieval_recall",)},
    ),
]


@pytest.mark.parametrize(("text", "wanted"), SAID)
def test_ways_of_saying_it(text: str, wanted: dict[str, Any]) -> None:
    facts = {fact: found.value for fact, found in read(text, detect(text)).facts.items()}
    assert {fact: facts.get(fact) for fact in {*wanted, *(facts.keys() & {"gaps"})}} == wanted


PAIRS = [
    "we have 800 cases where a reviewer picked a winner out of two drafts",
    "Wir haben 800 Fälle, in denen jemand den besseren von zwei Texten ausgewählt hat",
]


@pytest.mark.parametrize("text", PAIRS)
def test_where_somebody_chose_one_of_two_there_are_pairs_and_no_examples(text: str) -> None:
    facts = read(text, detect(text)).facts
    assert facts["preference_pairs"].value == 800
    assert "examples" not in facts


@pytest.mark.parametrize("text", ["它一口气能写好几页", "the model gives wrong labels"])
def test_what_the_model_does_says_nothing_of_examples(text: str) -> None:
    assert not read(text, detect(text)).facts.keys() & {"can_make_examples", "labels_quality"}


@pytest.mark.parametrize(
    "text",
    ["our editors can write 200 a week", "nos expertes peuvent en rédiger une centaine par semaine"],
)
def test_what_people_can_write_a_week_is_no_traffic(text: str) -> None:
    assert "requests_per_day" not in read(text, detect(text)).facts


def test_mainly_is_no_if_in_chinese() -> None:
    assert not any(c.imagined or c.supposed for c in Text("主要是太慢", words("zh")).clauses)
    assert Text("要是太慢", words("zh")).clauses[0].imagined


@pytest.mark.parametrize(
    ("text", "language"),
    [("leg los", "de"), ("los geht's", "de"), ("Was kostet es?", "de"), ("Was tun?", "de"), ("was it good?", "en"),
     ("los datos", "es"), ("es muy caro", "es"), ("Los precios cambian", "es")],
)  # fmt: skip
def test_words_of_two_languages_tell_less_than_words_of_one(text: str, language: str) -> None:
    assert detect(text) == language


def test_who_asks_of_the_adviser_itself_half_tells_nothing() -> None:
    assert read("hi, are you a bot?", "en").maybe == {}


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("推荐一部电影", True),
        ("can you recommend a movie?", True),
        ("can you recommend a model?", False),
        ("你推荐什么？", False),
    ],
)
def test_who_wants_a_movie_recommended_is_outside(text: str, outside: bool) -> None:
    assert off_topic(text, stated_facts=False) is outside
