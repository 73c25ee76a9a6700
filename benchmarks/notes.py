"""Why rows miss their goal: what the limit says, and what a profile shows.

The page of results shows a note below the table of its row, as long as the row misses the goal.
"""

from __future__ import annotations

_CAUSAL = (
    "63 % of one thread's time are products, 21 % exponentials, 13 % packing and dispatch. Blocks "
    "of 60 queries and steps of 64 keys compute 42,496 scores of a head of 256 where 32,896 are "
    "seen: smaller blocks along the diagonal would compute fewer."
)

NOTES: dict[str, str] = {
    "attention 8 x 8 heads, 256 x 64": (
        "66 % of one thread's time are products, 18 % exponentials, 13 % packing and dispatch of "
        "blocks."
    ),
    "attention 8 x 8 heads, 256 x 64, causal": _CAUSAL,
    "attention 8 x 8 heads, 256 x 64, causal, and back": _CAUSAL,
    "conv 3x3 depthwise 64 @56, 32 images": (
        "63 % of one thread's time are the weighted sums, 35 % the padded copy of the images."
    ),
}
