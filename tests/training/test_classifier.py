"""Stage 2's training, with a tiny network: it learns, survives being killed, and refuses what is not its own."""

import json

import cv2
import numpy as np
import pytest

from training import classifier
from training.classifier import main

torch = pytest.importorskip("torch", reason="needs torch, a training extra")
pytest.importorskip("timm", reason="needs timm, a training extra")

from runtime.errors import ModelError  # noqa: E402
from training.checkpoint import read_checkpoint, write_checkpoint  # noqa: E402
from training.stage2.embedder import load_in_order, make_embedder  # noqa: E402
from training.stage2.flags import parser  # noqa: E402
from training.stage2.training import TICKS, Training, load_training  # noqa: E402

COLOURS = {"tea": (40, 160, 40), "coffee": (40, 80, 140), "milk": (230, 230, 230)}
FLAGS = "--backbone test_efficientnet --init kaiming --crop-size 32 --embedding 16 --batch 8".split()
FLAGS += "--optimizer adamw --lr 0.32 --ema 0.8".split()


@pytest.fixture
def data(tmp_path):
    """Eight pictures of three plain products."""
    folder, rng = tmp_path / "data", np.random.RandomState(0)
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    (folder / "classes.txt").write_text("\n".join(COLOURS))
    for number in range(8):
        image = rng.randint(0, 60, (48, 120, 3), dtype=np.uint8)
        lines = []
        for index, colour in enumerate(COLOURS.values()):
            image[8:40, 40 * index + 6 : 40 * index + 34] = colour
            lines.append("{} {} 0.5 {} {}".format(index, (40 * index + 20) / 120, 28 / 120, 32 / 48))
        cv2.imwrite(str(folder / "images/{}.png".format(number)), image)
        (folder / "labels/{}.txt".format(number)).write_text("\n".join(lines))
    return folder


def run(data, out, *flags):
    return main(["--data", str(data), "--out", str(out)] + FLAGS + list(flags))


def weights(out):
    return read_checkpoint(out / "last.pt", "classifier")["embedder"]


def test_it_learns_and_keeps_its_curves(data, tmp_path, capsys):
    assert run(data, tmp_path / "run", "--steps", "40") == 0
    assert "3 products" in capsys.readouterr().out
    header, *rows = (tmp_path / "run/metrics.csv").read_text().splitlines()
    assert header == "step,seconds,loss,train_top1,val_top1"
    assert float(rows[-1].split(",")[3]) > 0.8
    content = read_checkpoint(tmp_path / "run/last.pt", "classifier")
    assert content["products"] == list(COLOURS)
    assert content["origin"] == "random (kaiming)"


def same_when_killed(data, tmp_path, monkeypatch, capsys, *flags):
    """Train six steps in one go, and killed after three and resumed; both give the same weights."""
    assert run(data, tmp_path / "whole", "--steps", "6", *flags) == 0
    monkeypatch.setattr(classifier, "CHECKPOINT_EVERY_S", 0.0)
    learn = Training.learn

    def killed(self, batch):
        if self.step == 3:
            raise KeyboardInterrupt
        return learn(self, batch)

    monkeypatch.setattr(Training, "learn", killed)
    assert run(data, tmp_path / "cut", "--steps", "6", *flags) == 1
    assert "--resume" in capsys.readouterr().err
    monkeypatch.setattr(Training, "learn", learn)
    assert run(data, tmp_path / "cut", "--resume") == 0
    whole, cut = weights(tmp_path / "whole"), weights(tmp_path / "cut")
    for name in whole:
        torch.testing.assert_close(cut[name], whole[name], rtol=0, atol=0)


def test_a_killed_training_goes_on_and_ends_as_if_nothing_had_been(data, tmp_path, monkeypatch, capsys):
    same_when_killed(data, tmp_path, monkeypatch, capsys)


def test_an_existing_training_is_not_overwritten(data, tmp_path, capsys):
    assert run(data, tmp_path / "run", "--steps", "1") == 0
    assert run(data, tmp_path / "run", "--steps", "1") == 2
    assert "--resume" in capsys.readouterr().err


def test_products_may_be_left_out(data, tmp_path, capsys):
    assert run(data, tmp_path / "run", "--steps", "1", "--leave-out", "milk") == 0
    assert read_checkpoint(tmp_path / "run/last.pt", "classifier")["products"] == ["tea", "coffee"]
    assert run(data, tmp_path / "other", "--leave-out", "beer") == 2
    assert "no such names" in capsys.readouterr().err


def test_others_are_learnt_but_not_put_into_the_gallery(data, tmp_path):
    for kind in ("images", "labels"):
        for name, numbers in (("known", range(4)), ("strange", range(4, 8))):
            (data / kind / name).mkdir()
            for number in numbers:
                path = next((data / kind).glob("{}.*".format(number)))
                path.rename(data / kind / name / path.name)
    for label in (data / "labels/known").iterdir():
        label.write_text("".join(line for line in label.read_text().splitlines(True) if line[0] != "1"))
    flags = ["--groups", "known", "--also", "strange"]
    assert run(data, tmp_path / "run", "--steps", "2", *flags) == 0
    training = load_training(tmp_path / "run/last.pt")
    assert (training.products, training.others) == (["tea", "milk"], ["coffee"])
    assert training.prototypes().shape == (2, 16)
    assert training.network["head"].prototypes().shape == (3, 16)


def test_one_product_is_nothing_to_tell_apart(data, tmp_path, capsys):
    assert run(data, tmp_path / "run", "--leave-out", "milk", "tea") == 1
    assert "at least 2" in capsys.readouterr().err


def test_other_data_is_no_data_to_go_on_with(data, tmp_path, capsys):
    assert run(data, tmp_path / "run", "--steps", "1") == 0
    (data / "classes.txt").write_text("\n".join(["tea", "cocoa", "milk"]))
    assert run(data, tmp_path / "run", "--resume") == 1
    assert "other products" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"no checkpoint"])
def test_a_wrong_checkpoint_is_one_plain_line(data, tmp_path, capsys, content):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/last.pt").write_bytes(content)
    assert run(data, tmp_path / "run", "--resume") == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("shelfsight")]
    assert len(errors) == 1
    assert "no checkpoint of ours" in errors[0]


def test_a_checkpoint_with_code_in_it_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "was run"), "w"))

    torch.save({"kind": "classifier", "evil": Evil()}, tmp_path / "x.pt")
    with pytest.raises(ModelError, match="no checkpoint of ours"):
        read_checkpoint(tmp_path / "x.pt", "classifier")
    assert not (tmp_path / "was run").exists()


def test_a_checkpoint_of_another_kind_is_refused(tmp_path):
    write_checkpoint(tmp_path / "x.pt", {"kind": "toaster"})
    with pytest.raises(ModelError, match="not a checkpoint of a classifier"):
        read_checkpoint(tmp_path / "x.pt", "classifier")


def test_embeddings_have_length_one():
    embedder, _ = make_embedder("test_efficientnet", 16, "kaiming")
    lengths = embedder.eval()(torch.rand(4, 3, 32, 32)).norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones(4), rtol=0, atol=1e-5)


def test_weights_of_another_network_are_refused(tmp_path):
    embedder, _ = make_embedder("test_efficientnet", 16, "kaiming")
    torch.save({"a": torch.zeros(5, 5)}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match="not this backbone"):
        load_in_order(embedder.backbone, tmp_path / "w.pth")


def test_an_unknown_backbone_is_refused(data, tmp_path, capsys):
    flags = ["--data", str(data), "--out", str(tmp_path / "run"), "--backbone", "no_such_net"]
    assert main(flags) == 1
    assert "no_such_net" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags",
    [
        ["--optimizer", "sgd", "--lr", "1", "--zero-gamma", "--init", "xavier"],
        ["--mixup", "0.2", "--cutmix", "1", "--smoothing", "0.1", "--loss", "softmax"],
        ["--loss", "arcface", "--freeze", "2", "--augment", "zoom", "flip"],
    ],
)
def test_every_part_of_a_recipe_runs_and_survives_being_killed(data, tmp_path, monkeypatch, capsys, flags):
    same_when_killed(data, tmp_path, monkeypatch, capsys, *flags)


def test_the_rate_grows_with_the_batch_and_falls_to_nothing(data, tmp_path):
    values = vars(parser().parse_args(["--data", str(data), "--out", str(tmp_path), *FLAGS, "--steps", "100"]))
    training = Training(values, list(COLOURS))
    rates = []
    for step in range(101):
        training.step = step
        training._schedule.step_update(int(TICKS * training.progress()))
        rates.append([group["lr"] / group["lr_scale"] for group in training.optimizer.param_groups])
    assert np.allclose(max(rates), 0.32 * 8 / 256, rtol=0.02)
    assert max(rates[0]) == 0
    assert max(rates[-1]) < 1e-6
    assert np.allclose(rates, np.array(rates)[:, :1])


def test_a_plain_recipe_has_one_rate_for_any_batch_and_decays_all(data, tmp_path):
    flags = ["--schedule", "constant", "--unscaled-lr", "--decay-all", "--warmup", "0", "--steps", "100"]
    values = vars(parser().parse_args(["--data", str(data), "--out", str(tmp_path), *FLAGS, *flags]))
    training = Training(values, list(COLOURS))
    for step in (0, 50, 100):
        training.step = step
        training._schedule.step_update(int(TICKS * training.progress()))
        assert np.allclose([group["lr"] / group["lr_scale"] for group in training.optimizer.param_groups], 0.32)
    assert {group["weight_decay"] for group in training.optimizer.param_groups} == {1e-4}
    usual = Training(dict(values, decay_all=False), list(COLOURS))
    assert {group["weight_decay"] for group in usual.optimizer.param_groups} == {0.0, 1e-4}


def test_a_checkpoint_of_an_older_version_is_measured(data, tmp_path):
    assert run(data, tmp_path / "run", "--steps", "1") == 0
    content = read_checkpoint(tmp_path / "run/last.pt", "classifier")
    del content["values"]["schedule"], content["values"]["decay_all"]
    write_checkpoint(tmp_path / "old.pt", content)
    assert load_training(tmp_path / "old.pt").products == list(COLOURS)


def test_a_set_that_would_validate_on_its_last_product_alone_is_refused(data, tmp_path, capsys):
    for number, label in enumerate(sorted((data / "labels").iterdir())):  # a product a picture, one after the other
        label.write_text(label.read_text().splitlines()[number // 3])
    assert run(data, tmp_path / "run", "--steps", "1") == 1
    assert "shows 1 of 3 products: split the set first (python -m training.split" in capsys.readouterr().err
    assert run(data, tmp_path / "run", "--steps", "1", "--folds", "2") == 0


def test_folders_of_pictures_are_learnt_and_cross_validated(tmp_path, capsys):
    rng = np.random.RandomState(0)
    for name, colour in COLOURS.items():
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(4):
            image = cv2.resize(rng.randint(0, 90, (4, 4, 3), dtype=np.uint8), (48, 48), interpolation=cv2.INTER_CUBIC)
            image[12:36, 12:36] = colour
            cv2.imwrite(str(tmp_path / "set" / name / f"{number}.png"), image)
    assert run(tmp_path / "set", tmp_path / "run", "--steps", "3", "--folds", "2") == 0
    assert "over 2 folds" in capsys.readouterr().out
    scores = json.loads((tmp_path / "run/folds.json").read_text())
    assert len(scores["top1"]) == 2
    assert (tmp_path / "run/fold-2/last.pt").exists()


@pytest.mark.parametrize(
    "flags", [["--folds", "1"], ["--ema", "1"], ["--batch", "7", "--mixup", "1"], ["--smoothing", "-1"]]
)
def test_wrong_usage_is_one_plain_line(data, tmp_path, capsys, flags):
    assert run(data, tmp_path / "run", *flags) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_out_of_memory_says_which_batch_fits(data, tmp_path, monkeypatch, capsys):
    learn = Training.learn

    def short_of_memory(self, batch):
        if self.values["batch"] > 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return learn(self, batch)

    monkeypatch.setattr(Training, "learn", short_of_memory)
    assert run(data, tmp_path / "run", "--steps", "1") == 1
    assert "out of memory with --batch 8: --batch 2 fits" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["classifier.onnx", "last.pt"])
def test_a_student_takes_after_its_teacher(data, tmp_path, capsys, kind):
    """Another network, with smaller crops, comes to give the teacher's embeddings."""
    pytest.importorskip("onnx", reason="needs onnx")
    from export.onnx import export_classifier
    from runtime.engines.onnx import OnnxEngine
    from training.stage2.training import embeddings_of

    assert run(data, tmp_path / "teacher", "--steps", "30") == 0
    taught = load_training(tmp_path / "teacher/last.pt").embedder
    path = tmp_path / "classifier.onnx"
    export_classifier(taught, 32, str(path), taught.mean, taught.std)
    teacher = path if kind == "classifier.onnx" else tmp_path / "teacher/last.pt"
    flags = ["--teacher", str(teacher), "--distil", "20", "--mixup", "0.5", "--augment", "light"]
    assert run(data, tmp_path / "student", "--steps", "150", "--seed", "5", *flags) == 0
    image = cv2.imread(str(data / "images/0.png"))
    crops = np.stack([cv2.resize(image[8:40, 40 * n + 4 : 40 * n + 36], (32, 32)) for n in range(3)])
    wanted = OnnxEngine(str(path), threads=1).run(crops)[0]
    random = make_embedder("test_efficientnet", 16, "kaiming")[0]

    def agreement(embedder):
        return float((embeddings_of(embedder, crops) * wanted).sum(axis=1).mean())

    assert agreement(load_training(tmp_path / "student/last.pt").embedder) > agreement(random) + 0.25
    capsys.readouterr()
    assert run(data, tmp_path / "other", "--teacher", str(teacher), "--embedding", "8") == 1
    assert "--embedding 16" in capsys.readouterr().err
    assert run(data, tmp_path / "other", "--teacher", str(path), "--cutmix", "1") == 2
