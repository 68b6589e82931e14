"""FT904: e-mail addresses."""

from tools.dataset.linter.rule import Rule
from tools.dataset.linter.secrets import checker, triggers

RULE = Rule("FT904", "warning", "example", checker("email"), triggers=triggers("email"))
