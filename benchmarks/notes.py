"""Why rows miss their goal: what a profile shows, beside the limit that the tables have.

The page of results shows a note below the table of its row, as long as the row misses the goal.
Shares are of one thread's time in our kernels, by `perf record`.
"""

from __future__ import annotations

_CAUSAL = (
    "60 % of the time are products, 18 % packing, 16 % exponentials. Blocks of 60 queries and "
    "steps of 64 keys compute 42,496 scores of a head of 256 where 32,896 are seen: smaller blocks "
    "along the diagonal would compute fewer, but write what they add up more often."
)
_ATTENTION = "67 % of the time are products, 16 % packing, 15 % exponentials."
_ATTENTION_BACK = (
    "72 % of the time are products, five of the seven of them for the gradient, 16 % packing, 9 % "
    "exponentials."
)
_STRIDE_TWO = (
    "86 % of the time are products, the packing of windows among them, 14 % the padded copy of the "
    "images. The goal is meant for Winograd's method, which windows with a stride cannot use."
)
_POINTS = (
    "46 % of the time the images come from memory and are packed, while the first of eleven tiles "
    "of rows is multiplied with them; 54 % are the other tiles."
)
_POINTS_STRIDE_TWO = (
    "37 % of the time every second element of every second row is copied out of the images; the "
    "rest are products of 64 terms."
)
_LSTM = (
    "77 % of the time are products, 10 % the cells' own arithmetic, 8 % packing. A step's product "
    "has 32 rows: two of its six tiles have 4 rows and not 6, and its weight of 1 MiB comes from "
    "the third-level cache in every step."
)

NOTES: dict[str, str] = {
    "conv 3x3 512-512 @4, 32 images": (
        "47 % of the time are products, 28 % transformations of tiles, 17 % that of the weight, "
        "which has as many elements as 288 of the images, 8 % the padded copy."
    ),
    "conv 3x3 stride 2 64-128 @32, 32 images": _STRIDE_TWO,
    "conv 3x3 stride 2 64-128 @32, 32 images, and back": _STRIDE_TWO,
    "conv 1x1 256-64 @56, 8 images": _POINTS,
    "conv 1x1 256-64 @56, 8 images, and back": _POINTS,
    "conv 1x1 stride 2 64-128 @32, 32 images": _POINTS_STRIDE_TWO,
    "conv 1x1 stride 2 64-128 @32, 32 images, and back": _POINTS_STRIDE_TWO,
    "conv 7x7 stride 2 3-64 @224, 8 images": (
        "72 % of the time are products, 26 % those that pack windows on the way, 2 % the padded "
        "copy."
    ),
    "conv 7x7 stride 2 3-64 @224, 8 images, and back": (
        "More than half of the time is the gradient of the images: three rows of a product, so "
        "that an element of a window, found through a table, serves three multiplications."
    ),
    "conv 3x3 depthwise 64 @56, 32 images": (
        "63 % of the time are the weighted sums, 37 % the padded copy of the images."
    ),
    "conv1d 5 of 128 @1024, 8 series": (
        "72 % of the time are products, 24 % those that pack windows on the way, 3 % the padded "
        "copy."
    ),
    "batch norm 64 @56, 32 images, and back": (
        "Four passes over arrays of 26 MB, of which none stays in the caches until the next: "
        "moments (15 %), the result (24 %), the gradient's sums (29 %), the gradient (32 %). The "
        "limit counts each array once."
    ),
    "cross entropy 2048 x 8192": (
        "All of the time is one pass, which reads every score and computes its exponential."
    ),
    "attention 8 x 8 heads, 256 x 64": _ATTENTION,
    "attention 8 x 8 heads, 256 x 64, and back": _ATTENTION_BACK,
    "attention 8 x 8 heads, 256 x 64, causal": _CAUSAL,
    "attention 8 x 8 heads, 256 x 64, causal, and back": _CAUSAL,
    "attention 1 x 8 heads, 1024 x 64": _ATTENTION,
    "attention 1 x 8 heads, 1024 x 64, and back": _ATTENTION_BACK,
    "LSTM 1 x 256, 64 steps, 32 sequences, and back": _LSTM,
    "LSTM 2 x 256, 64 steps, 32 sequences, and back": _LSTM,
}
