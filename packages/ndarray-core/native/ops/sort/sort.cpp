// Sorted elements, their positions, and places among them.
#include "core/ops.hpp"

namespace nd {

Array sort(const Array& x, int64_t axis, bool descending) {
  check_ordered(x, "sort");
  const int position = x.layout.normalize_axis(axis, "sort");
  Array out = empty(x.shape(), x.dtype(), x.device());
  if (out.size() > 0) x.device().sort(out, x, position, descending);
  return out;
}

Array arg_sort(const Array& x, int64_t axis, bool descending) {
  check_ordered(x, "argsort");
  const int position = x.layout.normalize_axis(axis, "argsort");
  Array out = empty(x.shape(), DType::int64, x.device());
  if (out.size() > 0) x.device().arg_sort(out, x, position, descending);
  return out;
}

Array search_sorted(const Array& sorted, const Array& values, bool right) {
  check_same_device(sorted, values, "searchsorted");
  check_ordered(sorted, "searchsorted");
  check_ordered(values, "searchsorted");
  if (sorted.ndim() != 1) {
    throw ShapeError(message("searchsorted: x1 has shape ", sorted.shape(),
                             ", and must be a vector in ascending order"));
  }
  const DType dtype = promote(sorted.dtype(), values.dtype());
  Array out = empty(values.shape(), DType::int64, values.device());
  if (out.size() > 0) {
    out.device().search_sorted(out, astype(sorted, dtype, false), astype(values, dtype, false),
                               right);
  }
  return out;
}

}  // namespace nd
