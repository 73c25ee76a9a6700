// Functions of the core, as the package's Python modules call them. Their public faces, with the
// Array API's signatures and documentation, are in src/ndarray_core/<family>.py.
#include "bindings/convert.hpp"
#include "core/allocator.hpp"
#include "core/threads.hpp"
#include "cpu/isa.hpp"

namespace nd {
namespace {

const Array* as_array(nb::handle object) {
  return nb::isinstance<Array>(object) ? nb::inst_ptr<Array>(object) : nullptr;
}

const Array& expect_array(nb::handle object, const char* op) {
  if (const Array* array = as_array(object)) return *array;
  throw nb::type_error(message(op, ": expected an array, got ",
                               nb::type_name(object.type()).c_str(), "; asarray(...) makes one")
                           .c_str());
}

using Join = Array (*)(const std::vector<const Array*>& parts, int64_t axis);

Array join_function(Join join, const char* op, nb::handle arrays, int64_t axis) {
  if (const Array* array = as_array(arrays)) {
    throw nb::type_error(
        message(op, ": takes a sequence of arrays, not one array of shape ", array->shape())
            .c_str());
  }
  const nb::tuple items(nb::borrow(arrays));  // keeps what a generator makes
  std::vector<const Array*> parts;
  for (nb::handle item : items) parts.push_back(&expect_array(item, op));
  return join(parts, axis);
}

Array binary_function(BinaryOp op, nb::handle x, nb::handle y) {
  const Array *left = as_array(x), *right = as_array(y);
  if (left && right) return binary(op, *left, *right);
  if (left) return binary(op, *left, expect_scalar(y, name_of(op)));
  if (right) return binary(op, expect_scalar(x, name_of(op)), *right);
  throw nb::type_error(message(name_of(op), ": at least one operand must be an array").c_str());
}

// A Python number as a 0-d array that takes the other operand's type, if it can.
Array scalar_like(nb::handle number, const Array& other, const char* op) {
  const Scalar scalar = expect_scalar(number, op);
  const DType dtype = type_with_scalar(other.dtype(), scalar);
  return from_scalar(scalar, dtype, other.device());
}

Array where_function(nb::handle chooser, nb::handle x, nb::handle y) {
  const Array& condition = expect_array(chooser, "where");
  const Array *left = as_array(x), *right = as_array(y);
  if (left && right) return where(condition, *left, *right);
  if (left) return where(condition, *left, scalar_like(y, *left, "where"));
  if (right) return where(condition, scalar_like(x, *right, "where"), *right);
  throw nb::type_error("where: at least one of x and y must be an array");
}

ScatterOp to_scatter_op(const std::string& mode) {
  for (ScatterOp op : {ScatterOp::assign, ScatterOp::add, ScatterOp::subtract, ScatterOp::multiply,
                       ScatterOp::maximum, ScatterOp::minimum}) {
    if (mode == name_of(op)) return op;
  }
  throw std::invalid_argument(
      message("scatter: mode is assign, add, subtract, multiply, maximum or minimum, and not '",
              mode, "'"));
}

Distribution to_distribution(const std::string& name) {
  for (Distribution d : {Distribution::bits, Distribution::uniform, Distribution::normal}) {
    if (name == name_of(d)) return d;
  }
  throw std::invalid_argument(message("random: there is no distribution '", name, "'"));
}

nb::dict memory_statistics() {
  const auto statistics = allocator::statistics();
  nb::dict result;
  result["in_use"] = statistics.in_use;
  result["peak_in_use"] = statistics.peak_in_use;
  result["cached"] = statistics.cached;
  result["cache_limit"] = statistics.cache_limit;
  result["limit"] = statistics.limit;
  result["allocations"] = statistics.allocations;
  result["system_requests"] = statistics.system_requests;
  return result;
}

}  // namespace

void bind_functions(nb::module_& m) {
#define ND_UNARY(name, domain, ...)                                                     \
  m.def(                                                                                \
      #name, [](nb::handle x) { return unary(UnaryOp::name, expect_array(x, #name)); }, \
      nb::arg("x").none(), nb::sig("def " #name "(x: NDArray) -> NDArray"));
#include "ops/elementwise/unary.inc"
#undef ND_UNARY
#define ND_BINARY(name, domain, ...)                                                              \
  m.def(                                                                                          \
      #name, [](nb::handle x, nb::handle y) { return binary_function(BinaryOp::name, x, y); },    \
      nb::arg("x").none(), nb::arg("y").none(),                                                   \
      nb::sig("def " #name "(x: NDArray | bool | int | float | complex, y: NDArray | bool | int " \
              "| float | complex) -> NDArray"));
#include "ops/elementwise/binary.inc"
#undef ND_BINARY
  m.def("where", &where_function, nb::arg("condition").none(), nb::arg("x").none(),
        nb::arg("y").none(),
        nb::sig("def where(condition: NDArray, x: NDArray | bool | int | float | complex, y: "
                "NDArray | bool "
                "| int | float | complex) -> NDArray"));

#define ND_REDUCTION(name)                                                                        \
  m.def(                                                                                          \
      #name,                                                                                      \
      [](nb::handle x, const std::optional<Dims>& axis, bool keepdims) {                          \
        return reduce(ReduceOp::name, expect_array(x, #name), axis ? &*axis : nullptr, keepdims); \
      },                                                                                          \
      nb::arg("x").none(), nb::arg("axis") = nb::none(), nb::arg("keepdims") = false,             \
      nb::sig("def " #name                                                                        \
              "(x: NDArray, axis: collections.abc.Sequence[int] | int | None = None, "            \
              "keepdims: bool = False) -> NDArray"));
  ND_REDUCTION(sum)
  ND_REDUCTION(prod)
  ND_REDUCTION(max)
  ND_REDUCTION(min)
  ND_REDUCTION(any)
  ND_REDUCTION(all)
#undef ND_REDUCTION
  m.def(
      "mean",
      [](nb::handle x, const std::optional<Dims>& axis, bool keepdims) {
        return mean(expect_array(x, "mean"), axis ? &*axis : nullptr, keepdims);
      },
      nb::arg("x").none(), nb::arg("axis") = nb::none(), nb::arg("keepdims") = false,
      nb::sig("def mean(x: NDArray, axis: collections.abc.Sequence[int] | int | None = None, "
              "keepdims: bool = False) -> NDArray"));
#define ND_ARG_REDUCTION(name)                                                                 \
  m.def(                                                                                       \
      #name,                                                                                   \
      [](nb::handle x, std::optional<int64_t> axis, bool keepdims) {                           \
        return arg_reduce(ArgReduceOp::name, expect_array(x, #name), axis ? &*axis : nullptr,  \
                          keepdims);                                                           \
      },                                                                                       \
      nb::arg("x").none(), nb::arg("axis") = nb::none(), nb::arg("keepdims") = false,          \
      nb::sig("def " #name "(x: NDArray, axis: int | None = None, keepdims: bool = False) -> " \
              "NDArray"));
  ND_ARG_REDUCTION(argmax)
  ND_ARG_REDUCTION(argmin)
#undef ND_ARG_REDUCTION

#define ND_SCAN(op)                                                                    \
  m.def(                                                                               \
      name_of(ScanOp::op),                                                             \
      [](const Array& x, std::optional<int64_t> axis, std::optional<DType> dtype,      \
         bool include_initial) {                                                       \
        return scan(ScanOp::op, x, axis ? &*axis : nullptr, dtype ? &*dtype : nullptr, \
                    include_initial);                                                  \
      },                                                                               \
      nb::arg("x"), nb::arg("axis") = nb::none(), nb::arg("dtype") = nb::none(),       \
      nb::arg("include_initial") = false);
  ND_SCAN(sum)
  ND_SCAN(prod)
  ND_SCAN(max)
  ND_SCAN(min)
#undef ND_SCAN

  m.def("sort", &sort, nb::arg("x"), nb::arg("axis"), nb::arg("descending"));
  m.def("argsort", &arg_sort, nb::arg("x"), nb::arg("axis"), nb::arg("descending"));
  m.def(
      "searchsorted",
      [](const Array& sorted, nb::handle values, bool right) {
        const Array* array = as_array(values);
        return search_sorted(sorted, array ? *array : scalar_like(values, sorted, "searchsorted"),
                             right);
      },
      nb::arg("sorted"), nb::arg("values"), nb::arg("right"),
      nb::sig("def searchsorted(sorted: NDArray, values: NDArray | int | float, right: bool) -> "
              "NDArray"));

  m.def(
      "concat",
      [](nb::handle arrays, int64_t axis) {
        return join_function(&concat, "concat", arrays, axis);
      },
      nb::arg("arrays"), nb::arg("axis"),
      nb::sig("def concat(arrays: collections.abc.Sequence[NDArray], axis: int) -> NDArray"));
  m.def(
      "stack",
      [](nb::handle arrays, int64_t axis) { return join_function(&stack, "stack", arrays, axis); },
      nb::arg("arrays"), nb::arg("axis"),
      nb::sig("def stack(arrays: collections.abc.Sequence[NDArray], axis: int) -> NDArray"));
  m.def(
      "matmul",
      [](nb::handle x, nb::handle y) {
        return matmul(expect_array(x, "matmul"), expect_array(y, "matmul"));
      },
      nb::arg("x").none(), nb::arg("y").none(),
      nb::sig("def matmul(x: NDArray, y: NDArray) -> NDArray"));
  m.def(
      "take",
      [](nb::handle x, nb::handle indices, int64_t axis) {
        return take(expect_array(x, "take"), expect_array(indices, "take"), axis);
      },
      nb::arg("x").none(), nb::arg("indices").none(), nb::arg("axis"),
      nb::sig("def take(x: NDArray, indices: NDArray, axis: int) -> NDArray"));
  m.def("take_along_axis", &take_along_axis, nb::arg("x"), nb::arg("indices"), nb::arg("axis"));
  m.def("take_from_block", &take_from_block, nb::arg("x"), nb::arg("positions"), nb::arg("axis"),
        nb::arg("count"));
  m.def(
      "scatter",
      [](const Array& x, const Array& indices, const Array& values, int64_t axis,
         const std::string& mode) { scatter(to_scatter_op(mode), x, indices, values, axis); },
      nb::arg("x"), nb::arg("indices"), nb::arg("values"), nb::arg("axis"), nb::arg("mode"));
  m.def(
      "scatter_to_block",
      [](const Array& x, const Array& positions, const Array& values, int64_t axis, int count,
         const std::string& mode, const std::string& name) {
        scatter_to_block(to_scatter_op(mode), x, positions, values, axis, count, name.c_str());
      },
      nb::arg("x"), nb::arg("positions"), nb::arg("values"), nb::arg("axis"), nb::arg("count"),
      nb::arg("mode"), nb::arg("name"));
  m.def("nonzero", &nonzero, nb::arg("x"));

  m.def(
      "empty",
      [](nb::handle shape, DType dtype, nb::handle device) {
        return empty(to_dims(shape), dtype, to_backend(device));
      },
      nb::arg("shape"), nb::arg("dtype"), nb::arg("device"),
      nb::sig("def empty(shape: collections.abc.Sequence[int] | int, dtype: DType, device: Device "
              "| str) -> NDArray"));
  m.def(
      "full",
      [](nb::handle shape, nb::handle value, DType dtype, nb::handle device) {
        return full(to_dims(shape), expect_scalar(value, "full"), dtype, to_backend(device));
      },
      nb::arg("shape"), nb::arg("value"), nb::arg("dtype"), nb::arg("device"),
      nb::sig("def full(shape: collections.abc.Sequence[int] | int, value: bool | int | float | "
              "complex, "
              "dtype: DType, device: Device | str) -> NDArray"));
  m.def(
      "full_like",
      [](nb::handle model, nb::handle value, nb::handle dtype, nb::handle device) {
        const Array& x = expect_array(model, "full_like");
        return full(x.shape(), expect_scalar(value, "full_like"),
                    dtype.is_none() ? x.dtype() : to_dtype(dtype),
                    device.is_none() ? x.device() : to_backend(device));
      },
      nb::arg("x").none(), nb::arg("value"), nb::arg("dtype").none(), nb::arg("device").none(),
      nb::sig("def full_like(x: NDArray, value: bool | int | float | complex, dtype: typing.Any, "
              "device: Device | str | None) -> NDArray"));
  m.def(
      "random",
      [](const std::string& distribution, nb::handle shape, DType dtype, nb::handle device,
         uint64_t seed, uint64_t offset) {
        return random(to_distribution(distribution), to_dims(shape), dtype, to_backend(device),
                      seed, offset);
      },
      nb::arg("distribution"), nb::arg("shape"), nb::arg("dtype"), nb::arg("device"),
      nb::arg("seed"), nb::arg("offset"),
      nb::sig("def random(distribution: str, shape: collections.abc.Sequence[int] | int, dtype: "
              "DType, device: Device | str, seed: int, offset: int) -> NDArray"));
  m.attr("max_ndim") = max_ndim;
  m.def("may_share_memory", &may_share_memory, nb::arg("a"), nb::arg("b"));
  m.def("promote", &promote, nb::arg("a"), nb::arg("b"));
  m.def(
      "broadcast_shapes",
      [](const nb::args& shapes) {
        Dims result;
        for (nb::handle shape : shapes)
          result = broadcast_shapes(result, to_dims(shape), "broadcast_shapes");
        return to_tuple(result);
      },
      nb::sig(
          "def broadcast_shapes(*shapes: collections.abc.Sequence[int] | int) -> tuple[int, ...]"));

  m.def(
      "get_device", [](const std::string& name) { return Device{&get_backend(name)}; },
      nb::arg("name"));
  m.def("device_names", &backend_names);
  // For devices of other extension modules (cuda.py).
  m.def("register_backend", [](const nb::capsule& backend) {
    register_backend(static_cast<Backend*>(backend.data("nd::Backend")));
  });
  m.def("set_alias",
        [](const std::string& name, const Device& device) { set_alias(name, device.backend); });
  m.def(
      "set_device_finder",
      [](nb::callable find) {
        set_device_finder([find = std::move(find)] { return nb::cast<std::string>(find()); });
      },
      nb::sig("def set_device_finder(find: typing.Callable[[], str]) -> None"));
  m.def("download", [](const Array& x, const Array& out) { x.device().download(out.data(), x); });
  m.def("num_threads", &num_threads);
  m.def("set_num_threads", &set_num_threads, nb::arg("count"));
  m.def("memory_statistics", &memory_statistics,
        nb::sig("def memory_statistics() -> dict[str, int]"));
  m.def("reset_peak_memory", &allocator::reset_peak);
  m.def("empty_cache", &allocator::empty_cache);
  m.def("set_cache_limit", &allocator::set_cache_limit, nb::arg("nbytes"));
  m.def("set_memory_limit", &allocator::set_limit, nb::arg("nbytes"));
  m.def("build_information", &build_information,
        nb::sig("def build_information() -> dict[str, str]"));
  m.def("active_isa", [] { return std::string(cpu::name_of(cpu::active_isa())); });
  m.def("supported_isas", &cpu::supported_isas);
}

}  // namespace nd
