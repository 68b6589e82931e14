"""FT906: social security and bank account numbers, by their rules and check digits."""

from tools.dataset.linter.rule import Rule
from tools.dataset.linter.secrets import checker, triggers

RULE = Rule("FT906", "warning", "example", checker("identity"), triggers=triggers("identity"))
