"""Why rows miss their goal: what a profile shows, beside the limit that the tables have.

The page of results shows a note below the table of its row, as long as the row misses the goal.
Shares are of one thread's time in our kernels, by `perf record`.
"""

from __future__ import annotations

_ATTENTION = "70 % of the time are products, 14 % exponentials, 11 % packing."
_ATTENTION_BACK = (
    "79 % of the time are products, five of the seven of them for the gradient, near the peak; 7 % "
    "packing, 7 % exponentials."
)
_CAUSAL = (
    "61 % of the time are products, 18 % packing, 14 % exponentials. Panels of 16 queries compute "
    "35,296 scores of a head of 256 where 32,896 are seen."
)
_CAUSAL_BACK = (
    "71 % of the time are products, 13 % packing, 8 % exponentials. The gradient's panels of 16 "
    "keys compute 35,328 scores of a head of 256 where 32,896 are seen."
)
_STRIDE_TWO = (
    "88 % of the time are products, the packing of windows among them, 12 % the padded copy of the "
    "images; of the gradient, too, 93 % and 7 %. The goal is meant for Winograd's method, which "
    "windows with a stride cannot use."
)
_POINTS_STRIDE_TWO = (
    "35 % of the time every second element of every second row is copied out of the images; the "
    "rest are products of 64 terms."
)
_LSTM = (
    "77 % of the time are products, 10 % the cells' own arithmetic, 8 % packing. A step's product "
    "has 32 rows: two of its six tiles have 4 rows and not 6, and its weight of 1 MiB comes from "
    "the third-level cache in every step."
)

_FUNCTION = (
    "The function is the limit, not memory: on 8,192 elements, which stay in the first two caches, "
    "a thread takes {} ns for eight, which makes {} of this row's time."
)

_GELU = (
    "All of the time are the functions: an error function and an exponential for each element, in "
    "polynomials; its gradient takes 53 %."
)
_SILU = (
    "All of the time are the functions: an exponential and a division for each element; its "
    "gradient takes 57 %."
)

_GROUP_NORM = (
    "Forward, 58 % of the time the moments of a group are summed, in two passes, the first of them "
    "over memory; 40 % it is normalised."
)

NOTES: dict[str, str] = {
    "matmul 16": (
        "The product takes 18 % of a call; the rest, checks, shapes, memory for the result and a "
        "Python object, and 28 % is Python's own."
    ),
    "a + a, 4 elements, recorded": (
        "76 % of the time are Python's: the record of an operation is made by Python code, that of "
        "the tensors and that of the gradient."
    ),
    "log(x), 10M": _FUNCTION.format("6.1", "89 %"),
    "tanh(x), 10M": _FUNCTION.format("6.3", "91 %"),
    "sin(x), 10M": _FUNCTION.format("8.5", "86 %"),
    "cos(x), 10M": _FUNCTION.format("8.6", "88 %"),
    "exp(x), 10M float64": _FUNCTION.format("13.6", "99 %"),
    "log(x), 10M float64": _FUNCTION.format("14.1", "100 %"),
    "tanh(x), 10M float64": _FUNCTION.format("20.3", "100 %"),
    "sin(x), 10M float64": _FUNCTION.format("22.8", "91 %"),
    "softmax 4096 x 1024": _FUNCTION.format("5.1", "84 %"),
    "log softmax 4096 x 1024": _FUNCTION.format("5.1", "74 %"),
    "transposition, 4096 x 4096": (
        "Rows are 16 KB apart, so that lines of several rows push each other out of the caches: a "
        "program of squares alone, with tiles of 16 to 64 rows and columns in either order, and "
        "with or without a fetch ahead, took 7.5 ms or more on the same machine."
    ),
    "at(x, i).add(v), 100k into 1M": (
        "82 % of the time are additions at places anywhere in 4 MB, one after another, as their "
        "order counts; 18 % the check of the indices."
    ),
    "embedding 50k x 512, 8k ids, and back": (
        "23 % of the time the gradient of the whole table, 102 MB, is filled with zeros; 73 % rows "
        "are copied and added up."
    ),
    "conv 3x3 512-512 @4, 32 images": (
        "47 % of the time are products, 28 % transformations of tiles, 17 % that of the weight, "
        "which has as many elements as 288 of the images, 8 % the padded copy."
    ),
    "conv 3x3 stride 2 64-128 @32, 32 images": _STRIDE_TWO,
    "conv 3x3 stride 2 64-128 @32, 32 images, and back": _STRIDE_TWO,
    "conv 1x1 256-64 @56, 8 images": (
        "83 % of the time are products, 17 % the packing of the images, which come from memory."
    ),
    "conv 1x1 256-64 @56, 8 images, and back": (
        "74 % of the time are products, 26 % packing: the images come from memory twice."
    ),
    "conv 1x1 stride 2 64-128 @32, 32 images": _POINTS_STRIDE_TWO,
    "conv 1x1 stride 2 64-128 @32, 32 images, and back": _POINTS_STRIDE_TWO,
    "conv 7x7 stride 2 3-64 @224, 8 images": (
        "83 % of the time are products, 15 % the packing of windows, 2 % the padded copy."
    ),
    "conv 7x7 stride 2 3-64 @224, 8 images, and back": (
        "28 % of the time is the convolution; 35 % the gradient of the images, a product of three "
        "rows whose windows are read where they lie; 37 % that of the weight, a quarter of it "
        "packing."
    ),
    "conv 3x3 depthwise 64 @56, 32 images": (
        "63 % of the time are the weighted sums, 37 % the padded copy of the images."
    ),
    "conv1d 5 of 128 @1024, 8 series": (
        "87 % of the time are products, 10 % the packing of windows, 3 % the padded copy."
    ),
    "cross entropy 2048 x 8192": (
        "All of the time is one pass, which reads every score and computes its exponential."
    ),
    "attention 8 x 8 heads, 256 x 64": _ATTENTION,
    "attention 8 x 8 heads, 256 x 64, and back": _ATTENTION_BACK,
    "attention 8 x 8 heads, 256 x 64, causal": _CAUSAL,
    "attention 8 x 8 heads, 256 x 64, causal, and back": _CAUSAL_BACK,
    "attention 1 x 8 heads, 1024 x 64": _ATTENTION,
    "attention 1 x 8 heads, 1024 x 64, and back": _ATTENTION_BACK,
    "attention 1 x 8 heads, 1024 x 64, causal": _ATTENTION,
    "attention 1 x 8 heads, 1024 x 64, causal, and back": _ATTENTION_BACK,
    "gelu 4096 x 1024": _GELU,
    "gelu 4096 x 1024, and back": _GELU,
    "silu 4096 x 1024, and back": _SILU,
    "NCHW to NHWC, 32 x 64 x 56 x 56": (
        "All of the time is one pass in squares of a line of 16 channels each: the channels of an "
        "image are 12.5 KB apart, so that no line of it follows another."
    ),
    "group norm 8 of 64 @56, 32 images": _GROUP_NORM,
    "group norm 8 of 64 @56, 32 images, and back": _GROUP_NORM,
    "matmul 512 x 64 x 64 @ 64 x 64": (
        "98 % of the time is the micro-kernel, which reads the operands where they lie."
    ),
    "matmul 2048": "96 % of the time is the micro-kernel, 4 % packing.",
    "matmul 4096 x 4096 @ 4096": "All of the time, 64 MiB are read, each number once.",
    "training step, LSTM 2 x 256, 32 x 64": _LSTM,
    "LSTM 1 x 256, 64 steps, 32 sequences, and back": _LSTM,
    "LSTM 2 x 256, 64 steps, 32 sequences, and back": _LSTM,
}
