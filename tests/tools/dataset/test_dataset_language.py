"""Languages are told by their small words, scripts by their letters; what cannot be told is not judged."""

import pytest

from tools.dataset.linter.language import asks_for_another, differ, language

TEXTS = {
    "English": "Where is my parcel and when will it be here? I have not had any news of it.",
    "French": "Où est mon colis et quand est-ce que vous allez le livrer ? Je suis dans le bureau.",
    "German": "Wo ist mein Paket und wann wird es bei mir sein? Ich habe nicht gehört, ob es auf dem Weg ist.",
    "Spanish": "¿Dónde está mi paquete y cuándo lo van a entregar? No puede ser que esté en el camino para siempre.",
    "Italian": "Dove è il mio pacco e quando arriva? Non ho più notizie del corriere e sono nel mio ufficio.",
    "Dutch": "Waar is het pakket en wanneer zal het bij ons zijn? Wij hebben niet gehoord dat het op weg is.",
    "cyrillic": "Где моя посылка и когда она придет?",
    "han": "我的包裹在哪里，什么时候到，请告诉我好吗",
}


@pytest.mark.parametrize(("name", "text"), TEXTS.items())
def test_a_language_is_told(name: str, text: str) -> None:
    assert language(text) == name


@pytest.mark.parametrize(
    "text", ["", "42 + 17 = 59", "card_arrival", "Dr. Anna Smith, Berlin", "```python\nfor i in x: print(i)\n```"]
)
def test_what_says_too_little_is_no_language(text: str) -> None:
    assert language(text) in ("", "latin")


def test_only_what_surely_differs_is_called_different() -> None:
    assert differ("English", "French")
    assert differ("cyrillic", "English")
    assert differ("cyrillic", "latin")
    assert not differ("English", "latin")
    assert not differ("latin", "latin")
    assert not differ("", "English")
    assert not differ("mixed", "English")
    assert asks_for_another("Please translate this into Spanish")
    assert not asks_for_another("Where is my parcel?")
