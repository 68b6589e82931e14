"""Cards, steps, terms, settings and sources: all there, all cited, nothing points into the void."""

import re
from datetime import date

import pytest

from knowledge.glossary import everyday, glossary, terms_in
from knowledge.hyperparameters import hyperparameters
from knowledge.load import ROOT, read
from knowledge.pages import pages
from knowledge.sources import Source, sources
from knowledge.techniques import techniques
from knowledge.workflow import workflow

DECISIONS = (
    "prompt_engineering", "prompt_chaining", "function_calling", "rag", "fine_tune", "rag_plus_fine_tune",
    "collect_data_first", "define_evals_first", "do_nothing",
)  # fmt: skip
TECHNIQUES = ("sft", "dpo", "rft", "vision_sft", "distillation", "raft")
ADAPTERS = ("lora", "full", "provider_managed")


@pytest.mark.parametrize("name", [*DECISIONS, *TECHNIQUES, *ADAPTERS, "few_shot"])
def test_every_decision_technique_and_adapter_has_a_full_card(name: str) -> None:
    card = techniques()[name]
    assert card.what.endswith(".")
    assert card.what.count(". ") == 0, "one plain sentence"
    assert card.analogy.endswith(".")
    assert len(card.fits) >= 2 or name in ("prompt_chaining",)
    assert card.does_not_fit
    assert card.needs
    assert card.risks
    assert len(card.first_steps) >= 3
    assert card.page in pages()


def test_kinds_are_told_apart() -> None:
    kinds = {name: card.kind for name, card in techniques().items()}
    assert {kinds[n] for n in ("prompt_engineering", "few_shot", "prompt_chaining", "function_calling", "rag")} == {
        "rung"
    }
    assert {kinds[n] for n in (*TECHNIQUES, "fine_tune", "rag_plus_fine_tune")} == {"training"}
    assert {kinds[n] for n in ADAPTERS} == {"adapter"}


def test_no_card_names_a_price_of_a_provider() -> None:
    for card in techniques().values():
        assert not re.search(r"[$€]|dollar|euro|USD", card.model_dump_json()), card.name


def _cited() -> dict[str, set[str]]:
    """Where: keys of sources cited there, in the records of this folder's own files."""
    cited = {f"techniques.yaml {k}": set(t.sources) for k, t in techniques().items()}
    cited |= {f"pages/{k}.md": set(p.sources) for k, p in pages().items()}
    cited |= {f"workflow.yaml {k}": set(s.sources) for k, s in workflow().items()}
    cited |= {f"glossary.yaml {k}": {t.source} for k, t in glossary().items() if t.source}
    text = (ROOT / "hyperparameters.yaml").read_text()
    found = re.findall(r"\bsource: ([\w-]+)", text) + [
        key for keys in re.findall(r"sources: \[(.*?)\]", text) for key in re.split(r",\s*", keys)
    ]
    return cited | {"hyperparameters.yaml": set(found)}


def test_every_source_that_is_cited_exists() -> None:
    for where, keys in _cited().items():
        assert keys <= set(sources()), where


OURS = [key for name in ("seeds", "papers", "docs") for key in read(f"sources/{name}.yaml", dict[str, Source])]
"""What cards and pages cite; other folders keep and test their own."""


def test_every_source_is_cited_somewhere() -> None:
    elsewhere = "\n".join(
        p.read_text(encoding="utf-8")
        for p in ROOT.rglob("*.yaml")
        if p.parent.name in ("decision", "providers", "thresholds")
    )
    unused = set(OURS) - set().union(*_cited().values())
    assert {k for k in unused if not re.search(rf"(?<![\w-]){re.escape(k)}(?![\w-])", elsewhere)} == set()


@pytest.mark.parametrize("key", OURS)
def test_a_source_can_be_looked_up(key: str) -> None:
    source = sources()[key]
    assert source.checked_on <= date.today()  # noqa: DTZ011
    if source.url is None:
        assert source.kind in ("session", "ours"), f"{key}: no address"
        assert source.note, f"{key}: says nothing about what it is"
    else:
        assert source.url.startswith("https://"), key


def test_the_five_session_documents_are_sources() -> None:
    assert {k for k, s in sources().items() if s.kind == "session"} >= {
        "storyboard", "session-guide", "guide", "flowchart", "deck",
    }  # fmt: skip


def test_the_workflow_leads_from_motivation_to_monitoring() -> None:
    steps = workflow()
    way, step = [], "articulate_motivations"
    while step:
        assert step not in way, "goes round in circles although all went well"
        way.append(step)
        step = steps[step].happy or ""
    assert way[-1] == "monitor"
    order = [
        "try_not_to_fine_tune",
        "best_prompt",
        "edge_cases",
        "training_set",
        "split",
        "baseline",
        "train",
        "analyse",
    ]
    assert [s for s in way if s in order] == order
    assert way.index("define_test") < way.index("best_prompt"), "the test comes before what it judges"


def test_every_step_says_where_to_go_when_it_fails() -> None:
    steps = workflow()
    for key, step in steps.items():
        assert step.unhappy_when, key
        assert step.what, key
        assert {step.happy, step.unhappy} - {None} <= set(steps), key
        assert step.page in pages(), key


def test_an_unhappy_run_improves_data_then_size_then_settings() -> None:
    steps = workflow()
    assert steps["analyse"].unhappy == "improve_data"
    assert steps["improve_data"].unhappy == "scale_up"
    assert steps["scale_up"].unhappy == "tune_hyperparameters"
    assert {steps[s].happy for s in ("improve_data", "scale_up", "tune_hyperparameters")} == {"train"}


def test_every_step_can_be_reached() -> None:
    steps = workflow()
    reached = {n for s in steps.values() for n in (s.happy, s.unhappy) if n}
    assert set(steps) - reached <= {"articulate_motivations"}


@pytest.mark.parametrize(
    ("examples", "epochs"),
    [(1, 25), (4, 25), (10, 10), (33, 3), (34, 3), (50, 3), (8333, 3), (8334, 2), (20_000, 1), (10**6, 1)],
)
def test_automatic_epochs_follow_the_published_estimate(examples: int, epochs: int) -> None:
    assert hyperparameters().auto_epochs.epochs(examples) == epochs


def test_bands_cover_every_size_once() -> None:
    limits = [b.up_to_examples for b in hyperparameters().bands]
    assert limits[-1] is None
    assert limits[:-1] == sorted(limits[:-1])  # type: ignore[type-var]
    assert all(b.n_epochs[0] <= b.n_epochs[1] for b in hyperparameters().bands)


def test_a_recipe_says_what_it_gave_and_how_sure_that_is() -> None:
    recipe = hyperparameters().recipes["local_sft_lora"]
    assert recipe.settings["r"] == 16
    assert set(recipe.reasons) <= set(recipe.settings)
    for m in recipe.measured:
        assert m.half_width > 0
        assert m.held_out > 0
        assert sources()[m.source].kind == "ours"


def test_glossary_is_plain_and_complete() -> None:
    assert len(glossary()) >= 50
    forms = [f.lower() for t in glossary().values() for f in (t.word, *t.also)]
    assert len(forms) == len(set(forms)), {f for f in forms if forms.count(f) > 1}
    for key, term in glossary().items():
        assert len(term.meaning) <= 120, key
        assert term.page is None or term.page in pages(), key


def test_words_of_the_glossary_are_found_in_a_text_once_each() -> None:
    text = "Two epochs of SFT, then two more epochs; no smalltalk."
    assert [(text[a:b], key) for a, b, key in terms_in(text)] == [("epochs", "epoch"), ("SFT", "sft")]
    assert terms_in("") == []


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "Loss falls while the model learns.", ["Loss"]),
        ("en", "A refund is a loss for the shop. In the second epoch the loss rose.", ["epoch", "loss"]),
        ("en", "No loss of training data.", []),
        ("en", "Our support agents rank the tickets and seed the forum.", []),
        ("en", "tickets.jsonl, our-lora.gguf and https://x.example/prompt are names; JSONL is a form.", ["JSONL"]),
        ("de", "Der Verlust sinkt, während das Modell lernt.", ["Verlust"]),
        ("de", "Kein Verlust an Daten, wenn das Training abbricht.", []),
        ("de", "Unsere Agenten dürfen das nicht vergessen.", []),
        ("es", "La pérdida baja mientras el modelo aprende.", ["pérdida"]),
        ("es", "Sin pérdida de entrenamiento; cuesta 100 pesos.", []),
        ("fr", "La perte baisse pendant que le modèle apprend.", ["perte"]),
        ("fr", "Pas de perte à l'entraînement, et un colis d'un poids de 2 kg.", []),
        ("zh", "模型学习时损失下降。", ["损失"]),
        ("zh", "再训练只会花钱，还可能损失其他能力；推理不够好。", []),
    ],
)
def test_a_word_of_every_day_is_explained_only_where_the_field_means_it(
    language: str, text: str, found: list[str]
) -> None:
    assert [text[a:b] for a, b, _ in terms_in(text, language)] == found


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "zh"])
def test_words_of_every_day_are_words_of_the_glossary(language: str) -> None:
    forms = {f.lower() for t in glossary(language).values() for f in (t.word, *t.also)}
    assert set(everyday(language).forms) <= forms
    assert everyday(language).none


@pytest.mark.parametrize("language", ["de", "es", "fr", "zh"])
def test_every_word_of_the_glossary_is_explained_in_every_language_and_no_form_twice(language: str) -> None:
    own = glossary(language)
    assert set(own) == set(glossary())
    forms = [f.lower() for t in own.values() for f in (t.word, *t.also)]
    assert len(forms) == len(set(forms))
    assert all(own[k].meaning != t.meaning for k, t in glossary().items())
