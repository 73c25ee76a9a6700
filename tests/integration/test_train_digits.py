"""From pixels to a trained, saved and loaded network: all four packages at once."""

from tiny_models.data import digits
from tiny_models.model_file import load_digits_model, save_digits_model
from tiny_models.training import DigitsTraining, TrainingOptions, count_correct


def trained(path, **options):
    run = DigitsTraining(TrainingOptions(**options))
    for progress in run:
        last = progress
    save_digits_model(run.model, path, {"loss": last.loss})
    return run


def test_a_short_run_learns_and_its_file_repeats_to_the_bit(tmp_path) -> None:
    run = trained(tmp_path / "first", epochs=3, batch_size=32)
    correct = run.correct_test_images()
    assert correct >= 0.95 * 360, f"only {correct} of 360 test images are right"
    _, test = digits.load("cpu")
    assert count_correct(load_digits_model(tmp_path / "first", "cpu").model, test) == correct
    trained(tmp_path / "second", epochs=3, batch_size=32)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
