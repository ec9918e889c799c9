"""Which ONNX operators TensorRT's parser has an importer for, by release.

Operator names with an importer in the onnx-tensorrt parser of the release branches 8.2-GA, 8.5-GA, 8.6-GA and 10.1-GA;
those that begin with TRT_ are TensorRT's own. An importer is necessary, not sufficient: export.checking.rules has more.
"""

from typing import Dict, FrozenSet

_IN_8_2 = """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Cast Ceil Celu Clip
    Concat Constant ConstantOfShape Conv ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear Div Dropout
    Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor Gather GatherElements GatherND Gemm GlobalAveragePool
    GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GRU HardSigmoid Identity If ImageScaler InstanceNormalization
    IsNaN LeakyRelu Less LessOrEqual Log LogSoftmax Loop LpNormalization LpPool LRN LSTM MatMul Max MaxPool Mean Min
    Mul Neg NonMaxSuppression Not Or Pad ParametricSoftplus Pow PRelu QuantizeLinear RandomUniform RandomUniformLike
    Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
    ReduceSum ReduceSumSquare Relu Reshape Resize ReverseSequence RNN Round ScaledTanh Scan Scatter ScatterElements
    ScatterND Selu Shape Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze
    Sub Sum Tan Tanh ThresholdedRelu Tile TopK Transpose TRT_AveragePool TRT_Conv TRT_Deconv TRT_FloorDiv
    TRT_FullyConnected TRT_Gather TRT_MatMul TRT_MaxAverageBlendPool TRT_MaxPool TRT_PluginV2 TRT_RaggedSoftmax
    TRT_Resize TRT_RNNv2 TRT_Scale TRT_Shuffle TRT_Slice TRT_TopK_Min Unsqueeze Upsample Where
"""
_SINCE_8_5 = """
    GridSample HardSwish MeanVarianceNormalization Mod NonZero OneHot RandomNormal RandomNormalLike RoiAlign Shrink
    Trilu Xor
"""
_SINCE_8_6 = """
    GroupNormalization IsInf LayerNormalization TRT_FP8DequantizeLinear TRT_FP8QuantizeLinear
"""
_SINCE_10_1 = """
    CastLike DeformConv Gelu Hardmax Mish TRT_INT4DequantizeLinear TRT_INT4QuantizeLinear
"""
_GONE_IN_10_1 = "TRT_FullyConnected TRT_RNNv2"


def _names(*texts: str) -> FrozenSet[str]:
    return frozenset(" ".join(texts).split())


IMPORTED: Dict[str, FrozenSet[str]] = {
    "8.2": _names(_IN_8_2),
    "8.5": _names(_IN_8_2, _SINCE_8_5),
    "8.6": _names(_IN_8_2, _SINCE_8_5, _SINCE_8_6),
    "10.1": _names(_IN_8_2, _SINCE_8_5, _SINCE_8_6, _SINCE_10_1) - _names(_GONE_IN_10_1),
}
"""Release: operators."""
