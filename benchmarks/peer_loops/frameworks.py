"""The models' own frameworks on the same pictures, to compare our loop with. For a workstation: they need torch."""

from typing import Callable, Dict, Iterable, List, NamedTuple, Sequence

import numpy as np

from benchmarks.scoring.matching import Found, Truth
from runtime.errors import MissingPackageError
from runtime.sources.folder import read_image

MAX_DETECTIONS = 300


class Request(NamedTuple):
    """What to run a framework on, and with which thresholds."""

    detector: str
    """Path of the ONNX file."""
    side: int
    """Of the network's square input, in pixels."""
    min_score: float
    iou: float


def ultralytics_found(request: Request, paths: Iterable[str]) -> List[Found]:
    """By `YOLO(model).predict` on the CPU, which reads, letterboxes, infers and suppresses; one label a box."""
    try:
        from ultralytics import YOLO
    except ImportError as error:
        raise MissingPackageError(
            "ultralytics cannot be imported ({}): pip install ultralytics".format(error)
        ) from error

    model = YOLO(request.detector, task="detect")
    found = []
    # One by one, each by its path: a list of paths goes through PIL instead of OpenCV.
    for path in paths:
        boxes = model.predict(
            path,
            conf=request.min_score,
            iou=request.iou,
            imgsz=request.side,
            max_det=MAX_DETECTIONS,
            device="cpu",
            verbose=False,
        )[0].boxes
        found.append(Found(boxes.xyxy.numpy(), boxes.conf.numpy(), boxes.cls.numpy().astype(np.int64)))
    return found


def yolox_found(request: Request, paths: Iterable[str]) -> List[Found]:
    """By the functions that YOLOX itself uses, of the package `yolox`, around a session of onnxruntime.

    `preproc` and `demo_postprocess` are those of demo/ONNXRuntime/onnx_inference.py. Suppression is `postprocess` as
    YOLOX's own evaluation calls it (evaluators/coco_evaluator.py): the best class of each box, class by class, as we do
    it. The `multiclass_nms` of the ONNX demo differs from both: by default it suppresses across classes, and with
    class_agnostic=False it gives a box every class that scores above the threshold.
    """
    try:
        import onnxruntime
        import torch
        from yolox.data.data_augment import preproc
        from yolox.utils import demo_postprocess, postprocess
    except ImportError as error:
        raise MissingPackageError(
            "YOLOX cannot be imported ({}): pip install torch torchvision loguru tabulate pycocotools ultralytics-thop "
            "and then pip install --no-deps --no-build-isolation yolox".format(error)
        ) from error

    session = onnxruntime.InferenceSession(request.detector, providers=["CPUExecutionProvider"])
    square = request.side, request.side
    found = []
    for path in paths:
        tensor, ratio = preproc(read_image(path), square)
        output = session.run(None, {session.get_inputs()[0].name: tensor[None]})[0]
        rows = torch.from_numpy(demo_postprocess(output, square))
        kept = postprocess(rows, rows.shape[2] - 5, request.min_score, request.iou, class_agnostic=False)[0]
        table = np.empty((0, 7), np.float32) if kept is None else kept.numpy()
        found.append(Found(table[:, :4] / ratio, table[:, 4] * table[:, 5], table[:, 6].astype(np.int64)))
    return found


FRAMEWORKS: Dict[str, Callable[[Request, Iterable[str]], List[Found]]] = {
    "ultralytics": ultralytics_found,
    "yolox": yolox_found,
}


def ultralytics_ap50(found: Sequence[Found], truth: Sequence[Truth]) -> float:
    """Mean AP50 by Ultralytics' own IoU, matching and `ap_per_class`: `area_as_ultralytics` must agree with it."""
    from types import SimpleNamespace

    import torch
    from ultralytics.engine.validator import BaseValidator
    from ultralytics.utils.metrics import ap_per_class, box_iou

    at_50 = SimpleNamespace(iouv=torch.tensor([0.5]))
    correct, scores, classes = [np.empty((0, 1), bool)], [np.empty(0)], [np.empty(0)]
    for each, true in zip(found, truth):
        order = np.argsort(-each.scores, kind="stable")
        boxes, numbers = torch.tensor(each.boxes_px[order]), torch.tensor(each.classes[order])
        overlap = box_iou(torch.tensor(true.boxes_px), boxes)
        correct.append(BaseValidator.match_predictions(at_50, numbers, torch.tensor(true.classes), overlap).numpy())
        scores.append(each.scores[order])
        classes.append(each.classes[order])
    target = np.concatenate([true.classes for true in truth])
    ap = ap_per_class(np.concatenate(correct), np.concatenate(scores), np.concatenate(classes), target)[5]
    return float(ap[:, 0].mean())
