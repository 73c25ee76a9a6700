"""All rows, in the order in which they are measured and shown."""

from __future__ import annotations

from fnmatch import fnmatchcase

from array_rows import ARRAY_ROWS
from call_rows import CALL_ROWS
from image_rows import IMAGE_ROWS
from loading_rows import LOADING_ROWS
from model_rows import MODEL_ROWS
from product_rows import PRODUCT_ROWS
from row import Row
from row_wise_rows import ROW_WISE_ROWS
from sequence_rows import RECURRENT_ROWS

ROWS: list[Row] = [
    *CALL_ROWS,
    *ARRAY_ROWS,
    *PRODUCT_ROWS,
    *IMAGE_ROWS,
    *ROW_WISE_ROWS,
    *RECURRENT_ROWS,
    *MODEL_ROWS,
    *LOADING_ROWS,
]


def matching(pattern: str) -> list[Row]:
    """Rows whose group or name contains the pattern, in which * and ? stand for any characters."""
    wanted = f"*{pattern.lower()}*"
    return [row for row in ROWS if fnmatchcase(f"{row.group}: {row.name}".lower(), wanted)]
