"""FT901: keys and tokens that open an account."""

from tools.dataset.linter.rule import Rule
from tools.dataset.linter.secrets import checker, triggers

RULE = Rule("FT901", "warning", "example", checker("credential"), triggers=triggers("credential"))
