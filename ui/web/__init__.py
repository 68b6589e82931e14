"""The web server: our own application with our routes, headers and caps; the chat is mounted in it."""
