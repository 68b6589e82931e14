"""Counts are tiktoken's, to the token; where they cannot be, that is said and no figure is made up."""

import hashlib
import json
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.tokenizers import base_id, encoding_of
from tools.errors import InputError
from tools.tokens import TokenReport, count, count_texts, counter
from tools.tokens.encodings import _made
from tools.tokens.ranks import PUBLISHED, rank_bytes


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tiktoken.Encoding]:
    """tiktoken itself, on rank files whose digest it checks."""
    cache = tmp_path_factory.mktemp("ranks")
    for name, published in PUBLISHED.items():
        (cache / hashlib.sha1(published.url.encode()).hexdigest()).write_bytes(rank_bytes(name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(cache))
        return {name: tiktoken.get_encoding(name) for name in PUBLISHED}


HARD = [
    "",
    " ",
    "   leading and trailing   ",
    "don't we'll I'VE they'd",
    "<|endoftext|> and <|im_start|>user",
    "a" * 3000,
    " " * 3000,
    "12345678901234567890 3.14159 1e-9",
    "naïve café Straße ﬁ Å",
    "我们可以使用这个函数来计算数据。東京 한국어 العربية",
    "👩‍💻👍🏽🇫🇷❤️ \u200d\u200b\ufeff",
    "\r\n\r\n\t\tdef f(x):\n    return x\n\n\n",
    "\u0000\u0001\u007f",
]


@pytest.mark.parametrize("name", PUBLISHED)
def test_hard_texts_have_tiktokens_ids(name: str, oracle: dict[str, tiktoken.Encoding]) -> None:
    ours = counter(name)
    for text in HARD:
        expected = oracle[name].encode_ordinary(text)
        assert ours.count(text) == len(expected), text[:40]


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=120) | st.text(alphabet="aA '\n\t1<|>endoftext.é中👍\u0300", max_size=120))
def test_any_text_has_tiktokens_count(oracle: dict[str, tiktoken.Encoding], text: str) -> None:
    for name in PUBLISHED:
        assert counter(name).count(text) == len(oracle[name].encode_ordinary(text))


def test_half_a_surrogate_pair_is_counted_as_a_replacement_character() -> None:
    assert counter("o200k_base").count("\ud83d x") == counter("o200k_base").count("\ufffd x")


TRAPS = [
    ("ft:gpt-4.1-mini-2025-04-14:org::abc", "o200k_base"),
    ("ft:gpt-4.1-2025-04-14:org:name:abc", "o200k_base"),
    ("gpt-4.1-2025-04-14.ft-0123abcd", "o200k_base"),
    ("ft:o4-mini-2025-04-16:org::abc", "o200k_base"),
    ("ft:gpt-3.5-turbo-0125:org::abc", "cl100k_base"),
    ("gpt-4", "cl100k_base"),
    ("gpt-4-turbo-2024-04-09", "cl100k_base"),
    ("gpt-4o-mini", "o200k_base"),
    ("gpt-5-mini", "o200k_base"),
    ("openai/gpt-oss-20b", "o200k_harmony"),
    ("meta-llama/Llama-3.3-70B-Instruct", "llama3"),
    ("Qwen/Qwen3-32B", "qwen3"),
    ("gpt-6-luna", None),
    ("mistral-large", None),
    ("gpt-45", None),
]


@pytest.mark.parametrize(("model", "encoding"), TRAPS)
def test_a_models_encoding(model: str, encoding: str | None) -> None:
    found = encoding_of(model)
    assert (found.encoding if found else None) == encoding


def test_a_fine_tunes_base() -> None:
    assert base_id("ft:gpt-4.1-mini-2025-04-14:org::abc") == "gpt-4.1-mini-2025-04-14"


def chat(*turns: tuple[str, str], **more: object) -> dict[str, object]:
    return {"messages": [{"role": r, "content": c} for r, c in turns], **more}


def counted(tmp_path: Path, values: list[dict[str, object]], model: str | None = None, **more: int) -> TokenReport:
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(json.dumps(v) for v in values))
    return count(path, model, **more)  # type: ignore[arg-type]


def test_an_examples_sum_by_hand(tmp_path: Path, oracle: dict[str, tiktoken.Encoding]) -> None:
    turns = (("system", "Be brief."), ("user", "Where is my card?"), ("assistant", "On its way."))
    report = counted(tmp_path, [chat(*turns)], "gpt-4.1-mini")
    text = sum(len(oracle["o200k_base"].encode(c)) for _, c in turns)
    assert report.text_tokens == text
    assert report.total_tokens == text + 3 * (3 + 1) + 3  # 3 a message and 1 for its role; 3 to prime the reply
    assert report.supervised_tokens == len(oracle["o200k_base"].encode("On its way."))
    assert (report.exact, report.notes, report.tokenizer) == (True, [], "o200k_base")


def test_the_limit_caps_what_one_epoch_is_billed_for(tmp_path: Path) -> None:
    values = [chat(("user", "Hi"), ("assistant", "word " * n)) for n in (1, 500)]
    report = counted(tmp_path, values, "gpt-4.1", limit_per_example=100)
    assert report.total_tokens is not None
    assert report.trained_tokens_per_epoch == report.p50 + 100  # type: ignore[operator]
    assert report.over_limit == 1


def test_weight_zero_carries_no_loss(tmp_path: Path) -> None:
    value = chat(("user", "Hi"), ("assistant", "Hello."))
    value["messages"][1]["weight"] = 0  # type: ignore[index]
    assert counted(tmp_path, [value]).supervised_tokens == 0


def test_an_unknown_model_gets_a_range_and_no_figure(tmp_path: Path) -> None:
    report = counted(tmp_path, [chat(("user", "Où est ma carte ?"), ("assistant", "En route."))], "gpt-6-luna")
    assert report.total_tokens is None
    assert report.p50 is None
    assert not report.exact
    assert report.range is not None
    assert 0 < report.range.low <= report.range.high
    assert "not known" in report.notes[0]


def test_tools_and_unread_images_are_said(tmp_path: Path) -> None:
    tool = {"type": "function", "function": {"name": "f", "description": "Find it.", "parameters": {"type": "object"}}}
    report = counted(tmp_path, [chat(("user", "Hi"), ("assistant", "Hello."), tools=[tool])], "gpt-4.1")
    assert report.tool_tokens > 0
    assert not report.exact
    picture = {"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}
    value = {"messages": [{"role": "user", "content": [picture]}, {"role": "assistant", "content": "A cat."}]}
    report = counted(tmp_path, [value], "gpt-4.1")
    assert (report.images, report.image_tokens, report.exact) == (1, None, False)


def test_a_preference_pair_counts_its_prompt_with_each_answer(tmp_path: Path) -> None:
    pair = {
        "input": {"messages": [{"role": "user", "content": "one two three"}]},
        "preferred_output": [{"role": "assistant", "content": "four"}],
        "non_preferred_output": [{"role": "assistant", "content": "five"}],
    }
    assert counted(tmp_path, [pair]).text_tokens == 2 * 3 + 1 + 1


def test_a_local_tokenizer_with_its_chat_template(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = ["<s>", "</s>", "user", "assistant", "Hi", "Hello", ":", "[UNK]"]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(["<s>", "</s>"])
    folder = tmp_path / "model"
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    value = chat(("user", "Hi"), ("assistant", "Hello"))
    plain = counted(tmp_path, [value], str(folder))
    assert plain.text_tokens == 2
    assert not plain.exact
    template = "{{ bos_token }}{% for m in messages %} {{ m.role }} : {{ m.content }} {{ eos_token }}{% endfor %}"
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": template, "bos_token": "<s>", "eos_token": {"content": "</s>"}})
    )
    _made.cache_clear()
    whole = counted(tmp_path, [value], str(folder))
    assert whole.total_tokens == 1 + 2 * 4
    assert whole.exact


def test_no_tokenizer_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no tokenizer\.json"):
        counted(tmp_path, [chat(("user", "Hi"), ("assistant", "Ho"))], str(tmp_path / "empty"))


def test_texts_are_counted_in_order() -> None:
    assert count_texts(["", "one two", "one"], "gpt-4.1") == [0, 2, 1]
