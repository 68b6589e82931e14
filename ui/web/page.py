"""Chainlit's index page without its foreign addresses, and the hashes of the inline scripts it keeps."""

import base64
import hashlib
import re

WAITING = '<p class="fa-waiting"><img src="/public/favicon.svg" alt="" width="64" height="64">Finetune Advisor</p>'


def own_page() -> set[str]:
    """Make Chainlit serve an index page that asks nothing of other hosts.

    Chainlit 2.12 has no option for it: fonts, preconnects and a KaTeX style sheet are written into its index.html.
    The function it builds the page with is looked up at each request, so replacing that is enough.

    Returns:
        The CSP hashes of the page's inline scripts.
    """
    import chainlit.server as server

    original = server.get_html_template
    hashes: set[str] = set()

    def template(root_path: str) -> str:
        html: str = re.sub(r'<link[^>]*?href="https?://[^>]*>', "", original(root_path), flags=re.S)
        html = re.sub(r'<meta property="og:[^>]*>', "", html)
        # Until Chainlit's script of some megabytes runs, the page would be white; the script takes this away.
        html = html.replace('<div id="root"></div>', f'<div id="root">{WAITING}</div>', 1)
        for script in re.findall(r"<script>(.*?)</script>", html, flags=re.S):
            hashes.add("'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'")
        return html

    server.get_html_template = template
    template("")
    return hashes
