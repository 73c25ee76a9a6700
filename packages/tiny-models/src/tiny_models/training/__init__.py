"""The training loops: ``images`` for the residual networks, ``text`` for the language models."""
