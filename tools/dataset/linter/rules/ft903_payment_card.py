"""FT903: payment card numbers, by their check digit."""

from tools.dataset.linter.rule import Rule
from tools.dataset.linter.secrets import checker, triggers

RULE = Rule("FT903", "warning", "example", checker("payment_card"), triggers=triggers("payment_card"))
