"""What tools say, in five languages: nothing missing, values kept, and the words of others left alone."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest
import yaml

from agent.said import said
from knowledge.said_words import LANGUAGES, said_words
from knowledge.techniques import techniques
from tools.dataset import LintRequest, lint
from tools.engine.recipe import Hyperparameters, defaults
from tools.jobs.models import Job
from tools.jobs.notices.milestones import passed

RULES = Path(__file__).parents[2] / "tools" / "dataset" / "linter" / "rules"


def manuals() -> list[tuple[str, dict]]:
    return [(p.stem[:5].upper(), yaml.safe_load(p.read_text())) for p in sorted(RULES.glob("*.yaml"))]


def holes(text: str) -> set[str]:
    return {hole for _, hole, _, _ in Formatter().parse(text) if hole is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_sentences_with_the_same_values(language: str) -> None:
    own = said_words(language)
    assert set(own) == set(said_words("de"))
    assert [english for english, text in own.items() if holes(english) != holes(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lint_rule_has_its_title_and_its_remedy(language: str) -> None:
    own = said_words(language)
    missing = [f"{rule} {part}" for rule, m in manuals() for part in ("title", "remedy") if m[part] not in own]
    assert missing == []


def test_what_the_rules_find_in_their_own_cases_is_said_in_every_language(tmp_path: Path) -> None:
    missing = set()
    for rule, manual in manuals():
        for n, case in enumerate(manual.get("cases", [])):
            lines = case.get("lines")
            if not lines:
                continue
            path = tmp_path / f"{rule}-{n}.jsonl"
            text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
            path.write_bytes(f"{text}\n".encode("utf-8", errors="surrogatepass"))
            for found in lint(LintRequest(path=path)).findings:
                for words in (found.message, found.remedy):
                    missing |= {(found.rule, lang, words) for lang in LANGUAGES if said(words, lang) == words}
    assert sorted(missing) == []


@pytest.mark.parametrize(
    ("english", "language", "own"),
    [
        ("The training loss rose from 0.5 to 1.25.", "de", "Der Trainingsverlust stieg von 0,5 auf 1,25."),
        ("The training loss rose from 0.5 to 1.25.", "zh", "训练损失从 0.5 升到 1.25。"),
        ("there are 1,234 examples; OpenAI and Azure take at least 2,000", "de",
         "es sind 1.234 Beispiele; OpenAI und Azure nehmen mindestens 2.000"),
        ("the base was shut down on 2026-03-09", "de", "die Basis wurde am 09.03.2026 abgeschaltet"),
        ("the base was shut down on 2026-03-09", "es", "la base se apagó el 9 mar 2026"),
        ("the base was shut down on 2026-03-09", "zh", "该基础模型已于 2026年3月9日 停用"),
        ("tickets.jsonl: there is no such file. Check the path.", "fr",
         "tickets.jsonl : ce fichier n'existe pas. Vérifiez le chemin."),
        ("only differences in 3.2 % of cases", "de", "only differences in 3.2 % of cases"),
        ("were there no difference, one this large would come up in 3.2 % of cases (exact McNemar, n=50).", "de",
         "gäbe es keinen Unterschied, käme ein so großer in 3,2 % der Fälle vor (exakter McNemar-Test, n=50)."),
        ("Rate limit reached for org-7.", "de", "Rate limit reached for org-7."),
    ],
)  # fmt: skip
def test_values_are_written_as_the_language_writes_them(english: str, language: str, own: str) -> None:
    assert re.sub(r"[\u00a0\u202f]", " ", said(english, language)) == own
    assert said(english, "en") == english


@pytest.mark.parametrize("name", [n for n, v in defaults().items() if n in Hyperparameters.model_fields])
def test_why_the_local_engine_chose_a_number_is_said_in_every_language(name: str) -> None:
    why = str(defaults()[name]["why"])
    assert [language for language in LANGUAGES if said(why, language) == why] == []


@pytest.mark.parametrize("card", sorted(techniques()))
def test_a_techniques_card_is_said_in_every_language(card: str) -> None:
    t = techniques()[card]
    claims = [c.text for c in (*t.fits, *t.does_not_fit, *t.needs, *t.risks)]
    sentences = [t.what, t.analogy, t.costs, *t.first_steps, *claims]
    assert [(language, s) for language in LANGUAGES for s in sentences if said(s, language) == s] == []


@pytest.mark.parametrize("status", ["running", "succeeded", "failed", "refused", "needs_human", "lost_contact"])
def test_a_jobs_milestones_are_said_in_every_language(status: str) -> None:
    at = {"started_at": datetime.now(UTC), "step": 5, "total_steps": 10, "seconds_left_low": 60.0}
    given = {"id": "job_1", "technique": "sft", "base_model": "/x/tiny", "backend": "local", "attempt": 1}
    job = Job.model_construct(**given, **at, status=status, seconds_left_high=90.0, spent_usd=0, cancel_requested=False)
    told = [m.text for m in passed(job)]
    assert told
    assert [(t, language) for t in told for language in LANGUAGES if "sft of" in said(t, language)] == []
