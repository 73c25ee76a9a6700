"""The tiny-models command, called as a function and as a program."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import tiny_models
import tiny_nn as nn
from tiny_models import cli, commands, resnet_digits
from tiny_models.commands import train_images
from tiny_models.image_tasks import DIGITS
from tiny_models.model_file import load_image_model, save_image_model

QUICK = ["train", "digits", "--epochs", "1", "--batch-size", "512"]


def run(capsys, *arguments) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a call in this process."""
    code = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def program(*arguments, **options) -> "subprocess.Popen[str]":
    """The command as a program of its own, without a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "tiny_models.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def assert_one_line(message: str) -> None:
    assert message.startswith("tiny-models: ")
    assert message.count("\n") == 1
    assert message.endswith("\n")


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    """A model that takes every image for a 7: no training is needed to test predictions."""
    model = resnet_digits((1,), (4,))
    with nn.no_grad():
        model.fc.weight.zero_()
        model.fc.bias.copy_(nn.tensor([9.0 if digit == 7 else 0.0 for digit in range(10)]))
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    save_image_model(model, DIGITS, path, {})
    return path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["train", "predict", "--version"]),
        (["train", "--help"], ["digits"]),
        (
            ["train", "digits", "--help"],
            ["--device", "--seed", "--epochs", "--batch-size", "--lr", "--output", "Ctrl-C"],
        ),
        (["predict", "--help"], ["CHECKPOINT", "IMAGE-OR-INDEX", "--polarity", "0 to 359"]),
    ],
)
def test_help_of_every_command(arguments, words) -> None:
    result = CliRunner().invoke(commands.app, arguments, env={"COLUMNS": "100", "NO_COLOR": "1"})
    assert result.exit_code == 0
    text = " ".join(result.output.replace("│", " ").split())
    for word in words:
        assert word in text
    assert max(map(len, result.output.splitlines())) <= 100


def test_version(capsys) -> None:
    assert run(capsys, "--version") == (0, f"tiny-models {tiny_models.__version__}\n", "")


def test_without_arguments_the_help_is_printed(capsys) -> None:
    code, out, err = run(capsys)
    assert code == 2
    assert "Usage" in out + err


def test_training_without_a_terminal_prints_plain_lines(tmp_path) -> None:
    path = tmp_path / "model.safetensors"
    with program(*QUICK, "--epochs", "2", "--output", path) as process:
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    lines = out.splitlines()
    assert "1,437 training images, 360 test images" in lines[0]
    assert lines[1].startswith("epoch 1/2  loss ")
    assert lines[1].endswith("s left")
    assert "images/s" in lines[2]
    assert lines[3].startswith("test accuracy ")
    assert lines[3].endswith(" of 360)")
    assert lines[4:] == [f"saved {path}"]
    assert "\x1b" not in out
    training = load_image_model(path).training
    assert training["epochs"] == training["epochs_finished"] == 2
    assert training["seed"] == 0


def test_training_on_a_terminal_shows_a_bar(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    code, out, err = run(capsys, *QUICK, "--output", tmp_path / "model")
    assert (code, err) == (0, "")
    for word in ("epoch 1/1", "loss", "accuracy", "images/s", "left", "test accuracy"):
        assert word in out
    assert "\x1b[" in out


def test_the_same_seed_gives_the_same_file(tmp_path, capsys) -> None:
    paths = [tmp_path / name for name in ("first", "second", "other")]
    for path, seed in zip(paths, (5, 5, 6), strict=True):
        assert run(capsys, *QUICK, "--seed", seed, "--output", path)[0] == 0
    first, second, other = (path.read_bytes() for path in paths)
    assert first == second
    assert first != other


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--device", "abacus"], "--device abacus"),
        (["--epochs", "-1"], "--epochs must be from 1 to 100,000, got -1"),
        (["--epochs", "many"], "--epochs"),
        (["--batch-size", "0"], "--batch-size must be at least 1, got 0"),
        (["--lr", "nan"], "--lr must be a positive number"),
        (["--seed", "-1"], "--seed must be from 0"),
        (["--output", "/missing/folder/model"], "there is no folder /missing/folder"),
        (["--output", "."], "is a folder"),
        (["--outptu", "x"], "--outptu"),
    ],
)
def test_wrong_use_of_train(capsys, tmp_path, monkeypatch, arguments, message) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "train", "digits", *arguments)
    assert (code, out) == (2, "")
    assert_one_line(err)
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_unknown_commands(capsys) -> None:
    for arguments in (["tarin"], ["train", "letters"], ["predict"]):
        code, _, err = run(capsys, *arguments)
        assert code == 2
        assert_one_line(err)


def test_a_model_that_cannot_be_written_ends_with_one_line(capsys, tmp_path, monkeypatch) -> None:
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(train_images, "save_image_model", fail)
    code, _, err = run(capsys, *QUICK, "--output", tmp_path / "model")
    assert code == 1
    assert_one_line(err)
    assert "No space left on device" in err


def test_training_that_diverges_keeps_the_file_as_it_is(capsys, tmp_path) -> None:
    path = tmp_path / "model"
    path.write_text("a good model")
    code, out, err = run(capsys, *QUICK, "--lr", "1e30", "--output", path)
    assert code == 1
    assert "saved" not in out
    assert_one_line(err)
    assert "not finite" in err
    assert "lower --lr" in err
    assert path.read_text() == "a good model"


def test_weights_that_are_not_finite_predict_nothing(capsys, tmp_path) -> None:
    model = resnet_digits((1,), (4,))
    with nn.no_grad():
        model.fc.bias.fill_(float("nan"))
    save_image_model(model, DIGITS, tmp_path / "model", {})
    code, out, err = run(capsys, "predict", tmp_path / "model", "0")
    assert (code, out) == (1, "")
    assert_one_line(err)
    assert "not finite" in err


@pytest.mark.skipif(os.name != "posix", reason="needs FIFOs and devices")
def test_the_output_never_replaces_what_is_no_regular_file(capsys, tmp_path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "device").symlink_to(os.devnull)
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for name in ("fifo", "device", "circle"):
        code, out, err = run(capsys, *QUICK, "--output", tmp_path / name)
        assert (code, out) == (2, "")
        assert_one_line(err)
        assert "is not a regular file" in err
    assert (tmp_path / "fifo").is_fifo()


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
@pytest.mark.parametrize("exists", [False, True])
def test_the_output_is_written_through_links(capsys, tmp_path, exists) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    if exists:
        target.write_text("an old model")
    link.symlink_to(target)
    assert run(capsys, *QUICK, "--output", link)[0] == 0
    assert link.is_symlink()
    load_image_model(target)


@pytest.mark.parametrize(
    ("output", "message"),
    [("x" * 240, "no file can be made in"), ("x" * 5000, "can't be written to"), ("", "a folder")],
)
def test_an_output_that_cannot_be_is_found_before_training(
    capsys, tmp_path, monkeypatch, output, message
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *QUICK, "--output", output)
    assert (code, out) == (2, "")
    assert_one_line(err)
    assert message in err
    assert len(err) < 400
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_an_output_stream_that_is_full(model_path) -> None:
    for arguments in (["predict", model_path, "0"], ["--help"]):
        with open("/dev/full", "w") as full:
            result = subprocess.run(
                [sys.executable, "-m", "tiny_models.cli", *arguments],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
            )
        assert result.returncode == 1
        assert_one_line(result.stderr)
        assert "can't write to standard output: No space left" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs pipes that break")
def test_a_reader_that_has_seen_enough(model_path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as broken:
        result = subprocess.run(
            [sys.executable, "-m", "tiny_models.cli", "predict", model_path, "0"],
            stdout=broken,
            stderr=subprocess.PIPE,
        )
    assert (result.returncode, result.stderr) == (1, b"")


@pytest.mark.parametrize(
    "variable", ["NDARRAY_CORE_DEVICE", "NDARRAY_CORE_ISA", "NDARRAY_CORE_NUM_THREADS"]
)
def test_environment_variables_that_name_nothing(model_path, variable) -> None:
    with program("predict", model_path, "0", env={**os.environ, variable: "abacus"}) as process:
        out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert_one_line(err)
    assert variable in err


@pytest.mark.skipif(os.name != "posix", reason="needs SIGINT")
def test_ctrl_c_during_the_imports(tmp_path) -> None:
    # A module of the command stands in for the user, who may press at any moment.
    (tmp_path / "rich.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    with program("--version", env={**os.environ, "PYTHONPATH": str(tmp_path)}) as process:
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, "", "tiny-models: interrupted\n")


def test_predict_an_index(capsys, model_path, device) -> None:
    code, out, err = run(capsys, "predict", model_path, "11", "--device", device)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert all(len(line) == 16 for line in lines[:8])
    assert any("█" in line for line in lines[:8])
    bars = [line for line in lines if line.endswith("%")]
    assert len(bars) == 10
    assert bars[7].count("█") == 30
    assert lines[-1] == "test image 11: predicted 7 (99.9%), labelled 0"


def test_predict_on_a_terminal_in_colour(capsys, model_path, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    code, out, _ = run(capsys, "predict", model_path, "0")
    assert code == 0
    assert "▀▀" in out
    assert "48;2;" in out


@pytest.mark.parametrize("colour", [{}, {"FORCE_COLOR": "1", "TERM": "xterm-256color"}])
def test_predict_in_ascii_where_it_must_be(model_path, colour) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", **colour}
    with program("predict", model_path, "0", env=environment) as process:
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out.isascii()
    assert "####" in out


def test_predict_an_image_file(capsys, model_path, tmp_path) -> None:
    picture = np.zeros((40, 40), np.uint8)
    picture[5:35, 15:20] = 255
    Image.fromarray(picture).save(tmp_path / "one.png")
    code, out, _ = run(capsys, "predict", model_path, tmp_path / "one.png")
    assert code == 0
    assert out.splitlines()[-1] == "predicted 7 (99.9%)"


@pytest.mark.parametrize(
    ("image", "message", "expected"),
    [
        ("360", "there is no test image 360: they are numbered from 0 to 359", 2),
        ("7" * 5000, "there is no test image 777", 2),
        ("missing.png", "there is no file missing.png", 1),
        ("x" * 5000, "xxx... can't be read: File name too long", 1),
        ("", "IMAGE-OR-INDEX is empty", 2),
        (".", ". is a folder, not a file", 1),
        (os.devnull, "is a device or a pipe, not a file", 1),
        ("text.png", "text.png can't be read as an image", 1),
        ("blank.png", "blank.png is blank", 1),
        ("-1", "-1", 2),
    ],
)
def test_pictures_that_cannot_be(
    capsys, model_path, tmp_path, monkeypatch, image, message, expected
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("text")
    Image.new("L", (9, 9)).save(tmp_path / "blank.png")
    code, out, err = run(capsys, "predict", model_path, image)
    assert (code, out) == (expected, "")
    assert_one_line(err)
    assert message in err


def test_checkpoints_that_cannot_be(capsys, model_path, tmp_path) -> None:
    truncated = tmp_path / "truncated"
    truncated.write_bytes(model_path.read_bytes()[:-5])
    other = tmp_path / "other"
    nn.checkpoint.save_file({"x": nn.zeros(())}, other)
    for path, message in (
        (tmp_path / "missing", "there is no file"),
        (tmp_path, "is a folder"),
        (os.devnull, f"{os.devnull} is a device or a pipe"),
        (truncated, "is not a whole safetensors file"),
        (other, "is not an image model"),
    ):
        code, out, err = run(capsys, "predict", path, "0")
        assert (code, out) == (1, "")
        assert_one_line(err)
        assert message in err
    code, _, err = run(capsys, "predict", model_path, "0", "--device", "abacus")
    assert code == 2
    assert_one_line(err)


@pytest.mark.skipif(os.name != "posix", reason="needs SIGINT")
@pytest.mark.parametrize("after_epoch", [False, True])
def test_ctrl_c_says_what_was_saved(tmp_path, after_epoch) -> None:
    path = tmp_path / "model.safetensors"
    options = ["--batch-size", "512" if after_epoch else "1"]
    arguments = ["train", "digits", "--epochs", "500", "--output", path, *options]
    with program(*arguments, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as process:
        for line in process.stdout:
            if line.startswith("epoch 1/" if after_epoch else "1,437"):
                break
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert_one_line(err)
    if after_epoch:
        finished = load_image_model(path).training["epochs_finished"]
        assert f"{path} holds the model after epoch {finished} of 500" in err
    else:
        assert "interrupted; nothing was saved" in err
        assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in out + err


@pytest.mark.skipif(os.name != "posix", reason="needs SIGINT")
def test_ctrl_c_while_saving_waits_for_the_file(capsys, tmp_path, monkeypatch) -> None:
    from tiny_models.commands import train_images

    save = train_images.save_image_model

    def interrupted_save(*arguments) -> None:
        signal.raise_signal(signal.SIGINT)
        save(*arguments)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(train_images, "save_image_model", interrupted_save)
    path = tmp_path / "model.safetensors"
    code, _, err = run(capsys, "train", "digits", "--epochs", "3", "--output", str(path))
    assert code == 130
    assert f"{path} holds the model after epoch 1 of 3" in err
    assert load_image_model(path).training["epochs_finished"] == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
