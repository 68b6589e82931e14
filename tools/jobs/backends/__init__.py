"""Where jobs can be sent: one file a backend, all behind the protocol of base.py."""
