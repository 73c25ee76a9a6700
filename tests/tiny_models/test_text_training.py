"""How a language model learns a text, and how a run that was stopped goes on."""

import math

import pytest

import tiny_nn as nn
from tiny_models import cli
from tiny_models.data import texts
from tiny_models.language_models import KINDS, load_language_model, save_language_model
from tiny_models.training import text as text_module
from tiny_models.training.outcome import DivergedError
from tiny_models.training.text import TextTraining, learning_rate, preset

TEXT = "the cat sat on the mat, and the hat sat on the cat.\n" * 30
SMALL = {"hidden_size": 16, "num_layers": 1, "num_heads": 2, "context": 16, "batch_size": 8}


@pytest.fixture(autouse=True)
def short_samples(monkeypatch):
    """Few of them, and short."""
    monkeypatch.setattr(text_module, "EVALUATIONS", 5)
    monkeypatch.setattr(text_module, "SAMPLE_LENGTH", 6)


def run(model="gpt", **options) -> TextTraining:
    return TextTraining(preset(model, **{**SMALL, "lr": 1e-2, **options}), TEXT)


@pytest.mark.parametrize("model", KINDS)
def test_a_short_run_learns(model, device) -> None:
    training = run(model, steps=25, device=device.name)
    before = training.evaluate()
    assert before == pytest.approx(math.log(training.tokenizer.vocab_size), rel=0.1)
    progress = list(training)
    assert progress[-1].finished
    assert training.validation_loss == progress[-1].validation_loss
    assert training.validation_loss < 0.9 * before
    assert all(len(step.sample) == text_module.SAMPLE_LENGTH for step in progress if step.evaluated)


@pytest.mark.parametrize("model", KINDS)
def test_a_run_goes_on_as_if_it_had_not_stopped(tmp_path, model, device) -> None:
    options = {"steps": 6, "dropout": 0.1, "device": device.name}
    whole = run(model, **options)
    losses = [step.loss for step in whole]
    first = run(model, **options)
    for step in first:
        if step.step == 4:
            break
    first.save(tmp_path / "run", {"name": "first"})
    second = run(model, **options)
    list(second)  # anywhere else
    assert second.resume(tmp_path / "run") == {"name": "first"}
    assert [step.loss for step in second] == losses[4:]
    for name, tensor in whole.model.state_dict().items():
        assert tensor.tolist() == second.model.state_dict()[name].tolist(), name


def test_time_limits_and_the_learning_rate() -> None:
    training = run(steps=None, minutes=1e-9)
    assert [step.step for step in training] == [1]  # it's over by then
    rates = [learning_rate(share / 100) for share in range(101)]
    assert max(rates) == rates[5] == 1
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] == pytest.approx(text_module.LAST_LR)


def test_bytes_instead_of_characters() -> None:
    pytest.importorskip("tokenizers", reason="byte-level BPE needs the tokenizers library")
    training = run(steps=2, tokenizer="bpe", vocab_size=270)
    list(training)
    assert training.tokenizer.vocab_size == training.model.config.vocab_size > 256


def test_training_that_diverges() -> None:
    with pytest.raises(DivergedError, match="not finite"):
        list(run("rnn", steps=50, lr=1e30))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "mamba"}, "model is one of rnn, lstm, gpt"),
        ({"tokenizer": "words"}, "tokenizer is characters or bpe"),
        ({"vocab_size": 255}, "vocab_size must be at least 256"),
        ({"context": 0}, "context must be at least 1"),
        ({"hidden_size": 10}, "hidden_size must be a multiple of num_heads, got 10 and 4"),
        ({"lr": 0.0}, "lr must be a positive number"),
        ({"weight_decay": -1.0}, "weight_decay can't be negative"),
        ({"dropout": 1.0}, "dropout must be at least 0"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"steps": None}, "steps or minutes must be given"),
        ({"minutes": math.nan}, "minutes must be a positive number"),
        ({"seed": -1}, "seed must be from 0"),
    ],
)
def test_options_that_cannot_be(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        preset(**{"model": "gpt", **options})
    for short, words in (("", "the text is empty"), ("to be", "has 5 tokens: too few")):
        with pytest.raises(ValueError, match=words):
            TextTraining(preset("gpt"), short)


def test_the_embedded_text() -> None:
    plays = texts.shakespeare()
    assert plays.isascii() and len(plays) == 1_006_953
    assert "To-morrow, and to-morrow, and to-morrow" in plays


# The command -------------------------------------------------------------------------------------


@pytest.fixture
def small_call(tmp_path):
    """The arguments that train a small model on a small text, and where it is saved."""
    (tmp_path / "text.txt").write_text(TEXT)
    sizes = ["--hidden-size", "16", "--context", "16", "--num-layers", "1", "--device", "numpy"]
    return ["--text", tmp_path / "text.txt", *sizes], tmp_path / "model"


def call(capsys, *arguments) -> tuple[int, str, str]:
    code = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("model", KINDS)
def test_train_then_generate(capsys, small_call, model) -> None:
    options, path = small_call
    train = ["train", model, *options, "--output", path, "--steps", "3"]
    code, out, err = call(capsys, *train)
    assert (code, err) == (0, "")
    assert "training tokens" in out and "step 3  loss" in out
    assert out.splitlines()[-1] == f"saved {path}"
    assert [file.name for file in path.parent.iterdir() if file.name != "text.txt"] == ["model"]
    texts_written = []
    choices = (["--greedy"], ["--greedy", "--no-cache"], ["--seed", "1"], ["--seed", "2"])
    for more in (*choices, ["--quantize", "8"]):
        code, out, err = call(
            capsys, "generate", path, "--prompt", "the ", "--max-new-tokens", "40", *more
        )
        assert (code, err) == (0, "")
        assert out.startswith("the ") and len(out) == 4 + 40 + 1
        texts_written.append(out)
    assert texts_written[0] == texts_written[1]
    assert texts_written[2] != texts_written[3]
    code, _, err = call(capsys, "train", model, "--text", options[1], "--output", path, "--resume")
    assert code == 1
    assert "is of a finished run" in err


def test_a_stopped_command_goes_on(capsys, small_call, monkeypatch) -> None:
    options, path = small_call
    train = ["train", "gpt", *options, "--steps", "10", "--dropout", "0.1", "--output"]
    whole = path.with_name("whole")
    assert call(capsys, *train, whole)[0] == 0
    step = TextTraining._train_step

    def interrupted(self, share):
        if self.step == 6:
            raise KeyboardInterrupt
        return step(self, share)

    monkeypatch.setattr(TextTraining, "_train_step", interrupted)
    code, _, err = call(capsys, *train, path)
    assert code == 130
    assert "holds the model after step 6; --resume goes on from there" in err
    monkeypatch.setattr(TextTraining, "_train_step", step)
    resume = ["train", "gpt", "--output", path, "--resume"]
    for arguments, words in (
        ([*resume, "--text", options[1], "--lr", "1"], "--lr is decided by the run to --resume"),
        (resume, "was trained on another text"),
        (["train", "lstm", *resume[2:], "--text", options[1]], "holds a model of train gpt, not"),
    ):
        code, _, err = call(capsys, *arguments)
        assert code in (1, 2) and words in err and err.count("\n") == 1
    assert call(capsys, *resume, "--text", options[1])[0] == 0
    first, second = (load_language_model(file).model.state_dict() for file in (whole, path))
    assert {name: tensor.tolist() for name, tensor in first.items()} == {
        name: tensor.tolist() for name, tensor in second.items()
    }


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["train", "gpt", "--text", "missing"], 1, "there is no file missing"),
        (["train", "gpt", "--text", "empty"], 1, "empty is empty"),
        (["train", "gpt", "--text", "bytes"], 1, "bytes is not a text in UTF-8"),
        (["train", "gpt", "--text", "short"], 2, "too few for windows of 128"),
        (["train", "gpt", "--steps", "0"], 2, "--steps must be at least 1"),
        (["train", "rnn", "--num-heads", "2"], 2, "--num-heads is for train gpt"),
        (["train", "gpt", "--vocab-size", "300"], 2, "--vocab-size is for --tokenizer bpe"),
        (["train", "gpt", "--device", "abacus"], 2, "--device abacus"),
        (["train", "gpt", "--output", "."], 2, "is a folder"),
        (["train", "gpt", "--resume"], 1, "there is no file gpt.safetensors"),
        (["train", "gpt", "--resume", "--output", "short"], 1, "is not a whole safetensors file"),
        (["generate", "missing"], 1, "there is no file missing"),
        (["generate", "short"], 1, "is not a whole safetensors file"),
        (["generate", "."], 1, "config.json"),
        (["generate", "other"], 1, "other is not a language model"),
        (["generate", "model", "--prompt", "the cod"], 2, "--prompt: 'd', 'o' are not among"),
        (["generate", "model", "--prompt", ""], 2, "--prompt is empty"),
        (["generate", "model", "--prompt", "the cat " * 3], 2, "24 tokens are more than the 16"),
        (["generate", "model", "--prompt", "t", "--top-k", "0"], 2, "top_k must be at least 1"),
        (
            ["generate", "model", "--prompt", "z"],
            2,
            "characters that the model knows; give another",
        ),
        (["generate", "model", "--prompt", "t", "--quantize", "2"], 2, "--quantize is 8 or 4"),
        (["generate", "model", "--prompt", "t", "--quantize", "4"], 2, "no groups of 64"),
        (["generate", "model", "--prompt", "t", "--seed", "-1"], 2, "--seed must be from 0"),
    ],
)
def test_bad_input_ends_in_one_line(
    capsys, tmp_path, monkeypatch, arguments, code, message
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").write_text("")
    (tmp_path / "short").write_text("to be")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xfd")
    nn.checkpoint.save_file({"x": nn.zeros(())}, tmp_path / "other")
    if arguments[:2] == ["generate", "model"]:
        text_options = preset("gpt", **SMALL)
        training = TextTraining(text_options, "the cat\n" * 20)
        save_language_model("gpt", training.model, training.tokenizer, tmp_path / "model", {})
    found, out, err = call(capsys, *arguments)
    assert found == code and not out, err
    assert message in err
    assert err.count("\n") == 1 and err.startswith("tiny-models: ")
