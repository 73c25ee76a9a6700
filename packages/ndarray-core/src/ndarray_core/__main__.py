"""`python -m ndarray_core` prints what this build can do and what is in force."""

from .config import show_config

if __name__ == "__main__":
    show_config()
