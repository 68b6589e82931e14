"""FT905: telephone numbers."""

from tools.dataset.linter.rule import Rule
from tools.dataset.linter.secrets import checker, triggers

RULE = Rule("FT905", "warning", "example", checker("phone"), triggers=triggers("phone"))
