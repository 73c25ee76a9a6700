"""Why rows miss their goal: what the limit says, and what a profile shows.

The page of results shows a note below the table of its row, as long as the row misses the goal.
"""

from __future__ import annotations

NOTES: dict[str, str] = {}
