"""Where notices go: notices.yaml in the home folder. Without it they are shown with the job and sent nowhere."""

import yaml
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from tools import workspace
from tools.errors import InputError
from tools.jobs.notices.milestones import KINDS, Kind

FILE = "notices.yaml"


class Notices(BaseModel):
    """notices.yaml. Addresses hold passwords: they are never shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: tuple[SecretStr, ...] = ()
    """Addresses as Apprise writes them: `json://host/path` a webhook, `mailtos://user:password@host?to=...` e-mail."""
    milestones: tuple[Kind, ...] = KINDS


def read() -> Notices:
    """The settings in force.

    Raises:
        InputError: the file cannot be used; which line of it.
    """
    path = workspace.home() / FILE
    if not path.exists():
        return Notices()
    try:
        return Notices.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as e:
        kind = "is no YAML" if isinstance(e, yaml.YAMLError) else "cannot be read"
        raise InputError(kind, where=str(path), remedy="Mend it, or move it aside.") from None
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        raise InputError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", where=str(path)) from None
