"""Worker processes of the DataLoader: the same batches, and no hang whatever happens to them."""

import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import tiny_nn as nn
from tiny_nn.data import DataLoader, Dataset, IterableDataset, get_worker_info


class Noisy(Dataset):
    """Sample i is i, large arrays, and what the default generator gives."""

    def __init__(self, count: int, size: int = 5000) -> None:
        self.count = count
        self.size = size
        self.augment = nn.data.transforms.RandomCrop(3, padding=1)

    def __getitem__(self, index: int):
        image = self.augment(nn.arange(9).reshape(1, 3, 3))
        return {"index": index, "image": image, "large": np.full(self.size, index), "name": "x" * 9}

    def __len__(self) -> int:
        return self.count


class Failing(Dataset):
    """One sample does what it is told to."""

    def __init__(self, what: str, count: int = 12, bad: int = 7) -> None:
        self.what = what
        self.count = count
        self.bad = bad

    def __getitem__(self, index: int):
        if index != self.bad:
            return nn.full((3000,), float(index))
        if self.what == "exit":
            os._exit(42)
        if self.what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.what == "sleep":
            time.sleep(60)
        if self.what == "lambda":
            return {"value": lambda: 0}
        if self.what == "unpicklable error":
            raise Unpicklable(lambda: 0)
        raise KeyError("no such sample: 7")

    def __len__(self) -> int:
        return self.count


class Unpicklable(Exception):
    pass


class Shares(IterableDataset):
    """0 to count - 1, each worker its share."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self):
        info = get_worker_info()
        start, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(range(start, self.count, step))


class Told(Dataset):
    """What ``worker_init_fn`` has told this process, and where it runs."""

    told: int | None = None

    def __getitem__(self, index: int):
        info = get_worker_info()
        here = (info.id, info.num_workers) if info is not None else None
        return here, Told.told, os.getpid(), random.random(), np.random.random()

    def __len__(self) -> int:
        return 8


def tell(worker_id: int) -> None:
    Told.told = worker_id * 100


def as_list(samples: list) -> list:
    return samples


def plain(batch) -> list:
    return [
        batch["index"].tolist(),
        batch["image"].tolist(),
        batch["large"].tolist(),
        batch["name"],
    ]


def loader(dataset, workers: int = 2, **options) -> DataLoader:
    """With processes that start in no time; what else starts them has tests of its own."""
    if workers > 0:
        options.setdefault("multiprocessing_context", "fork")
    return DataLoader(dataset, num_workers=workers, timeout=30, **options)


# Python's own, from 3.12 on, where a process with threads forks.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


@pytest.fixture(autouse=True)
def no_process_is_left():
    yield
    assert multiprocessing.active_children() == []


def test_the_batches_do_not_depend_on_the_workers() -> None:
    def passes(workers: int, **options):
        source = loader(
            Noisy(13), workers, batch_size=3, shuffle=True, generator=nn.Generator(5), **options
        )
        result = [[plain(batch) for batch in source] for _ in range(2)]
        source.close()
        return result

    nn.manual_seed(0)
    before = nn.default_generator().state
    here = passes(0)
    assert nn.default_generator().state == before  # nothing is drawn of it outside of the batches
    assert here[0] != here[1]
    nn.manual_seed(1)
    assert passes(2, prefetch_factor=1, persistent_workers=True) == here
    assert passes(3)[0] == here[0]


def test_tensors_keep_their_device_and_dtype(device) -> None:
    with nn.use_device(device):
        dataset = nn.data.TensorDataset(
            nn.rand((9, 40, 40), dtype=nn.float64), nn.arange(9) % 2 == 0
        )
        batches = list(loader(dataset, batch_size=4))
    images = nn.cat([images for images, _ in batches])
    assert (images.device, images.dtype) == (device, nn.float64)
    assert images.tolist() == dataset.tensors[0].tolist()
    assert nn.cat([flags for _, flags in batches]).tolist() == [k % 2 == 0 for k in range(9)]
    images += 1  # the memory is the batch's own
    assert float(images.min().item()) >= 1


def test_iterable_datasets() -> None:
    here = [batch.tolist() for batch in DataLoader(Shares(7), batch_size=2)]
    assert here == [[0, 1], [2, 3], [4, 5], [6]]
    assert [b.tolist() for b in DataLoader(Shares(7), batch_size=2, drop_last=True)] == here[:3]
    assert list(DataLoader(Shares(3), batch_size=None)) == [0, 1, 2]
    # Turn by turn; the worker with 0, 2, ... has more, and goes on alone.
    shared = [batch.tolist() for batch in loader(Shares(7), batch_size=1)]
    assert shared == [[0], [1], [2], [3], [4], [5], [6]]
    shared = [batch.tolist() for batch in loader(Shares(7), batch_size=3)]
    assert shared == [[0, 2, 4], [1, 3, 5], [6]]


def test_persistent_workers_stay_and_know_who_they_are() -> None:
    source = loader(
        Told(), persistent_workers=True, worker_init_fn=tell, collate_fn=as_list, batch_size=2
    )
    first, second = list(source), list(source)
    for batches in (first, second):
        assert [batch[0][:2] for batch in batches] == [((k % 2, 2), k % 2 * 100) for k in range(4)]
    pids = {sample[2] for batch in first + second for sample in batch}
    assert len(pids) == 2
    assert os.getpid() not in pids
    draws = [sample[3:] for batch in first + second for sample in batch]
    assert len(set(draws)) == len(draws)  # other numbers in each worker and pass
    source.close()
    assert {sample[2] for batch in source for sample in batch}.isdisjoint(pids)
    source.close()


def test_a_pass_that_is_left_early_does_not_disturb_the_next() -> None:
    source = loader(Noisy(20), batch_size=2, persistent_workers=True)
    assert next(iter(source))["index"].tolist() == [0, 1]
    old = iter(source)
    assert next(old)["index"].tolist() == [0, 1]
    assert [batch["index"][0].item() for batch in source] == list(range(0, 20, 2))
    with pytest.raises(RuntimeError, match="another pass over this loader has begun"):
        next(old)
    source.close()
    for batch in loader(Noisy(20), batch_size=2):
        assert batch["index"].tolist() == [0, 1]
        break


@pytest.mark.parametrize(("what", "how"), [("exit", "exit code 42"), ("kill", "signal SIGKILL")])
@pytest.mark.parametrize("persistent", [False, True])
def test_a_dead_worker_is_named(what: str, how: str, persistent: bool) -> None:
    source = loader(Failing(what), batch_size=1, persistent_workers=persistent)
    seen = []
    with pytest.raises(RuntimeError, match=rf"worker 1 \(pid \d+\) exited unexpectedly with {how}"):
        for batch in source:
            seen.append(int(batch[0, 0].item()))
    assert seen == list(range(7))  # all that came before arrives
    source.dataset.bad = -1
    assert len(list(loader(source.dataset, batch_size=1))) == 12


def test_an_exception_arrives_with_its_traceback() -> None:
    source = loader(Failing("raise"), batch_size=1, persistent_workers=True)
    for _ in range(2):  # and the workers are still of use
        with pytest.raises(KeyError, match="no such sample: 7") as caught:
            list(source)
        assert "in __getitem__" in str(caught.value.__cause__)
        assert caught.value.__notes__ == ["in DataLoader worker 1"]
    source.close()
    with pytest.raises(RuntimeError, match="in DataLoader worker 1") as other:
        list(loader(Failing("unpicklable error"), batch_size=1))
    assert "Unpicklable" in str(other.value.__cause__)
    with pytest.raises(Exception, match="lambda") as last:
        list(loader(Failing("lambda"), batch_size=1, collate_fn=as_list))
    assert isinstance(last.value, pickle.PicklingError | AttributeError)


def test_a_slow_worker_runs_into_the_timeout() -> None:
    source = DataLoader(
        Failing("sleep", bad=0), num_workers=1, timeout=0.5, multiprocessing_context="fork"
    )
    start = time.monotonic()
    with pytest.raises(RuntimeError, match=r"timed out after 0.5 seconds: worker 0 \(pid \d+\)"):
        next(iter(source))
    assert time.monotonic() - start < 30


def test_batches_with_many_indices_do_not_block() -> None:
    """Tasks and results that are each larger than a pipe."""
    dataset = nn.data.TensorDataset(nn.arange(60_000))
    source = loader(dataset, 1, batch_size=15_000, prefetch_factor=4)
    assert [batch.shape for (batch,) in source] == [(15_000,)] * 4


def test_resuming_with_workers_gives_what_is_left() -> None:
    def made(workers: int) -> DataLoader:
        return loader(
            Noisy(14), workers, batch_size=2, shuffle=True, generator=nn.Generator(3)
        )  # fmt: skip

    whole = made(0)
    expected = [[plain(batch) for batch in whole] for _ in range(2)]
    first = made(2)
    found = []
    for batch in first:
        found.append(plain(batch))
        if len(found) == 3:
            state = first.state_dict()
            break
    second = made(1)
    second.load_state_dict(state)
    assert found + [plain(batch) for batch in second] == expected[0]
    assert [plain(batch) for batch in second] == expected[1]

    shares = DataLoader(Shares(9), batch_size=2)
    assert next(iter(shares)).tolist() == [0, 1]
    other = DataLoader(Shares(9), batch_size=2)
    other.load_state_dict(shares.state_dict())
    assert [batch.tolist() for batch in other] == [[2, 3], [4, 5], [6, 7], [8]]


SCRIPT = """
import os, signal, sys
import tiny_nn as nn

if __name__ == "__main__":
    dataset = nn.data.TensorDataset(nn.arange(10_000))
    loader = nn.data.DataLoader(dataset, num_workers=2, persistent_workers=True)
    for number, batch in enumerate(loader):
        if number == 20:
            pids = [one.process.pid for one in loader._pool.workers]
            print(*pids, flush=True)
            os.kill(os.getpid(), getattr(signal, sys.argv[1]))
"""


def test_the_workers_end_with_the_program(tmp_path) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    names = ("SIGINT", "SIGKILL")
    programs = [
        subprocess.Popen(
            [sys.executable, str(path), name],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for name, program in zip(names, programs, strict=True):
        output, errors = program.communicate(timeout=60)
        assert program.returncode != 0
        assert ("KeyboardInterrupt" in errors) == (name == "SIGINT")
        pids = [int(pid) for pid in output.split()]
        assert len(pids) == 2, errors
        deadline = time.monotonic() + 10
        while any(os.path.exists(f"/proc/{pid}/cmdline") for pid in pids):
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (ValueError, "num_workers option should be non-negative", {"num_workers": -1}),
        (ValueError, "prefetch_factor option could only", {"prefetch_factor": 2}),
        (ValueError, "should be positive", {"num_workers": 1, "prefetch_factor": 0}),
        (ValueError, "persistent_workers option needs", {"persistent_workers": True}),
        (ValueError, "timeout option should be", {"timeout": -1}),
        (ValueError, "multiprocessing_context option", {"multiprocessing_context": "spawn"}),
        (
            ValueError,
            "multiprocessing_context is one of",
            {"num_workers": 1, "multiprocessing_context": "thread"},
        ),
        (TypeError, "they can't be pickled", {"num_workers": 1, "collate_fn": lambda batch: 0}),
    ],
)
def test_options_that_are_refused(error, message, options) -> None:
    with pytest.raises(error, match=message):
        list(DataLoader(nn.data.TensorDataset(nn.arange(4)), **options))
    with pytest.raises(ValueError, match="gives its own order"):
        DataLoader(Shares(3), shuffle=True)


@pytest.mark.parametrize("method", [None, *multiprocessing.get_all_start_methods()])
def test_every_way_to_start_a_process(method: str | None) -> None:
    source = DataLoader(Noisy(6), 2, num_workers=1, multiprocessing_context=method, timeout=30)
    assert [batch["index"].tolist() for batch in source] == [[0, 1], [2, 3], [4, 5]]
    assert DataLoader(Noisy(2), pin_memory=True).pin_memory
