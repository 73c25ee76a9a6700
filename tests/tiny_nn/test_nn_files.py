"""IDX and token files: what is read back, and files that are not what they should be."""

import gzip
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_nn as nn
from tiny_nn.data import MNIST, FashionMNIST, TokenFile, TokenWriter, read_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx_bytes(array: np.ndarray) -> bytes:
    code = CODES[array.dtype.str[1:]]
    head = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dtype", CODES)
def test_idx_files(dtype: str, packed: bool, tmp_path) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    content = idx_bytes(array)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content) if packed else content)
    found = read_idx(path)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("message", "change"),
    [
        ("begins with nothing", lambda content: b""),
        ("not an IDX file: it begins with 89 50 4e 47", lambda content: b"\x89PNG\r\n"),
        ("begins with 00 00 07 02", lambda content: b"\0\0\x07" + content[3:]),
        ("ends within its 2 sizes", lambda content: content[:7]),
        ("makes 18 bytes, but it has 17", lambda content: content[:-1]),
        ("makes 18 bytes, but it has 19", lambda content: content + b"x"),
        ("not a whole gzip file", lambda content: gzip.compress(content)[:-9]),
        ("which makes 18446744065119617037 bytes", lambda content: content[:4] + b"\xff" * 8),
    ],
)
def test_damaged_idx_files(message: str, change, tmp_path) -> None:
    path = tmp_path / "broken"
    path.write_bytes(change(idx_bytes(np.zeros((2, 3), np.uint8))))
    with pytest.raises(nn.errors.FileFormatError, match=message):
        read_idx(path)


def write_dataset(folder, part: str, count: int, end: str = "") -> np.ndarray:
    folder.mkdir(parents=True, exist_ok=True)
    images = np.random.default_rng(0).integers(0, 256, (count, 4, 5)).astype(np.uint8)
    labels = (np.arange(count) % 10).astype(np.uint8)
    for name, array in (
        (f"{part}-images-idx3-ubyte", images),
        (f"{part}-labels-idx1-ubyte", labels),
    ):
        content = idx_bytes(array)
        (folder / (name + end)).write_bytes(gzip.compress(content) if end else content)
    return images


def test_mnist_reads_its_four_files(tmp_path, device) -> None:
    images = write_dataset(tmp_path, "train", 12, ".gz")
    write_dataset(tmp_path / "FashionMNIST" / "raw", "t10k", 3)
    train = FashionMNIST(
        tmp_path,
        transform=nn.data.transforms.ConvertImageDtype(),
        target_transform=lambda target: target + 100,
        device=device,
    )
    assert len(train) == 12
    image, target = train[11]
    assert (image.shape, image.device, target) == ((1, 4, 5), device, 101)
    np.testing.assert_allclose(image.numpy()[0], images[11] / 255, rtol=1e-6)
    batch, targets = next(iter(nn.data.DataLoader(train, batch_size=5)))
    assert (batch.shape, targets.tolist()) == ((5, 1, 4, 5), [100, 101, 102, 103, 104])
    assert len(FashionMNIST(tmp_path, train=False)) == 3
    assert FashionMNIST.classes[9] == "Ankle boot"
    with pytest.raises(FileNotFoundError, match="MNIST: t10k-images-idx3-ubyte or"):
        MNIST(tmp_path, train=False)


@pytest.mark.parametrize(
    ("message", "name", "array"),
    [
        ("expected images", "train-images-idx3-ubyte", np.zeros((2, 3), np.uint8)),
        ("expected a byte for each of 2", "train-labels-idx1-ubyte", np.zeros(3, np.uint8)),
        ("class 10 of 10", "train-labels-idx1-ubyte", np.array([0, 10], np.uint8)),
    ],
)
def test_mnist_refuses_other_arrays(message: str, name: str, array, tmp_path) -> None:
    write_dataset(tmp_path, "train", 2)
    (tmp_path / name).write_bytes(idx_bytes(array))
    with pytest.raises(nn.errors.FileFormatError, match=message):
        MNIST(tmp_path)


@given(pieces=st.lists(st.lists(st.integers(0, 2**16 - 1), max_size=20), max_size=6))
def test_a_token_file_holds_what_was_written(pieces, tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("tokens") / "text.npy"
    with TokenWriter(path) as writer:
        for piece in pieces:
            writer.write(np.array(piece, np.int64))
    expected = [token for piece in pieces for token in piece]
    tokens = TokenFile(path)
    assert tokens.array.tolist() == np.load(path).tolist() == expected
    copy = pickle.loads(pickle.dumps(tokens[1:-1]))
    assert copy.array.tolist() == expected[1:-1]


def test_windows_of_tokens(device) -> None:
    tokens = TokenFile(np.arange(23, dtype=np.uint32))
    generator = nn.Generator(0)
    x, y = tokens.random_windows(500, 4, generator, device=device)
    assert (x.device, x.dtype, x.shape) == (device, nn.int64, (500, 4))
    rows = x.numpy()
    assert np.array_equal(rows, rows[:, :1] + np.arange(4))
    assert np.array_equal(y.numpy(), rows + 1)
    assert set(rows[:, 0]) == set(range(19))  # the last window ends before the last token
    again, _ = tokens.random_windows(500, 4, nn.Generator(0), device=device)
    assert again.tolist() == x.tolist()

    batches = list(tokens.sequential_windows(2, 4, device=device))
    assert [tuple(x.shape) for x, _ in batches] == [(2, 4), (2, 4), (1, 4)]
    assert nn.cat([x for x, _ in batches]).flatten().tolist() == list(range(20))
    assert nn.cat([y for _, y in batches]).flatten().tolist() == list(range(1, 21))
    whole = list(TokenFile(np.arange(5, dtype=np.uint16)).sequential_windows(8, 4))
    assert [x.tolist() for x, _ in whole] == [[[0, 1, 2, 3]]]


def test_tokens_of_a_mapped_file_travel_as_their_place(tmp_path) -> None:
    path = tmp_path / "text.npy"
    with TokenWriter(path, nn.uint32) as writer:
        writer.write(np.arange(100_000))
    tokens = TokenFile(path)
    assert isinstance(tokens.array, np.memmap)
    pickled = pickle.dumps(tokens[100:][50:90_000])
    assert len(pickled) < 1000
    assert pickle.loads(pickled).array[:3].tolist() == [150, 151, 152]


def test_what_token_files_refuse(tmp_path) -> None:
    path = tmp_path / "text.npy"
    with TokenWriter(path) as writer:
        writer.write(nn.arange(4))
        for wrong, message in (
            ([70_000], "uint16 holds 0 to 65535"),
            ([-1], "from -1"),
            ([0.5], "integers in one dimension"),
            ([[1]], "integers in one dimension"),
        ):
            with pytest.raises(ValueError, match=message):
                writer.write(wrong)
    with pytest.raises(ValueError, match="inside of its with block"):
        writer.write([1])
    with pytest.raises(RuntimeError, match="stop"), TokenWriter(path) as writer:
        writer.write([9] * 10)
        raise RuntimeError("stop")
    tokens = TokenFile(path)  # the old one is still there, and nothing else
    assert tokens.array.tolist() == [0, 1, 2, 3]
    assert [entry.name for entry in tmp_path.iterdir()] == ["text.npy"]
    with pytest.raises(ValueError, match="need 5, but there are 4"):
        tokens.random_windows(1, 4)
    with pytest.raises(ValueError, match="length is positive"):
        tokens.sequential_windows(1, 0)
    with pytest.raises(TypeError, match=r"take a part \[a:b\]"):
        tokens[0]
    with pytest.raises(ValueError, match="without gaps"):
        tokens[::2]
    with pytest.raises(ValueError, match="dtype is uint16 or uint32"):
        TokenWriter(path, nn.int64)
    np.save(tmp_path / "floats.npy", np.zeros(3))
    (tmp_path / "text.txt").write_text("To be, or not to be")
    (tmp_path / "cut.npy").write_bytes(path.read_bytes()[:-1])
    for name in ("floats.npy", "text.txt", "cut.npy"):
        with pytest.raises(nn.errors.FileFormatError, match="is not a token file"):
            TokenFile(tmp_path / name)
    with pytest.raises(nn.errors.FileFormatError, match="one dimension"):
        TokenFile(np.zeros((2, 2), np.uint16))
    with pytest.raises(FileNotFoundError):
        TokenFile(tmp_path / "missing.npy")
