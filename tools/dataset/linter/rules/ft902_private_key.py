"""FT902: a private key."""

from tools.dataset.linter.rule import Rule
from tools.dataset.linter.secrets import checker, triggers

RULE = Rule("FT902", "warning", "example", checker("private_key"), triggers=triggers("private_key"))
