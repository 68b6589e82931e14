"""The file Chainlit loads. It stands alone in its folder, because Chainlit puts that folder first on sys.path."""

import ui.chat.handlers  # noqa: F401 -- registers the callbacks
