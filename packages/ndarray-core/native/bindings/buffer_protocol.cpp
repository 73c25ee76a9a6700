// memoryview(x), bytes(x), file.write(x), np.frombuffer(x): Python's buffer protocol (PEP 3118).
#include <memory>

#include "bindings/convert.hpp"

namespace nd {
namespace {

int refuse(const char* why) {
  PyErr_SetString(PyExc_BufferError, why);
  return -1;
}

bool is_column_major(const Layout& layout) {
  Dims axes;
  for (int i = layout.ndim() - 1; i >= 0; --i) axes.push_back(i);
  return layout.permute(axes).is_contiguous();
}

bool asks_for(int flags, int request) { return (flags & request) == request; }

}  // namespace

int get_buffer(PyObject* self, Py_buffer* view, int flags) noexcept {
  view->obj = nullptr;
  const Array& x = *nb::inst_ptr<Array>(nb::handle(self));
  const char* format = buffer_format(x.dtype());
  const bool readonly = !is_writable(x);
  const bool row_major = x.layout.is_contiguous();
  if (!x.device().is_host_memory())
    return refuse("the buffer protocol is for host memory; move the array with to_device('cpu')");
  if (format == nullptr)
    return refuse("the buffer protocol has no code for this element type; DLPack has one");
  if (asks_for(flags, PyBUF_WRITABLE) && readonly)
    return refuse("the array is read-only or repeats elements; copy() it before writing");
  if ((asks_for(flags, PyBUF_C_CONTIGUOUS) || !asks_for(flags, PyBUF_STRIDES)) && !row_major)
    return refuse("the array is not dense and row-major; make it so with contiguous()");
  if (asks_for(flags, PyBUF_F_CONTIGUOUS) && !is_column_major(x.layout))
    return refuse("the array is not dense and column-major");
  if (asks_for(flags, PyBUF_ANY_CONTIGUOUS) && !row_major && !is_column_major(x.layout))
    return refuse("the array is not dense; make it so with contiguous()");

  auto sizes = std::unique_ptr<Py_ssize_t[]>(new (std::nothrow) Py_ssize_t[2 * max_ndim]);
  if (!sizes) {
    PyErr_NoMemory();
    return -1;
  }
  const auto item = static_cast<Py_ssize_t>(itemsize(x.dtype()));
  for (int i = 0; i < x.ndim(); ++i) {
    sizes[i] = x.shape()[i];
    sizes[max_ndim + i] = x.strides()[i] * item;
  }
  view->buf = x.data();
  view->len = x.size() * item;
  view->itemsize = item;
  view->readonly = readonly;
  // Who asks for no shape sees plain bytes, as from a memoryview.
  view->ndim = asks_for(flags, PyBUF_ND) ? x.ndim() : 1;
  view->format = asks_for(flags, PyBUF_FORMAT) ? const_cast<char*>(format) : nullptr;
  view->shape = asks_for(flags, PyBUF_ND) ? sizes.get() : nullptr;
  view->strides = asks_for(flags, PyBUF_STRIDES) ? sizes.get() + max_ndim : nullptr;
  view->suboffsets = nullptr;
  view->internal = sizes.release();
  Py_INCREF(self);
  view->obj = self;
  return 0;
}

void release_buffer(PyObject*, Py_buffer* view) noexcept {
  delete[] static_cast<Py_ssize_t*>(view->internal);
}

}  // namespace nd
