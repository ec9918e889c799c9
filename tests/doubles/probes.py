"""Small expressions that the real bindings answer even over stubbed libraries: the double must answer the same."""

from typing import Any, Dict

EXPRESSIONS = (
    "repr(t.Dims([1, -1]))",
    "t.Dims([1, 2]) == (1, 2)",
    "t.Dims([1, 2]) == [1, 3]",
    "t.Dims([1, 2]) != (1, 2)",
    "t.Dims([1, 2]) == t.Dims([1, 2])",
    "tuple(t.Dims((1, 2, 3)))",
    "t.Dims([1, 2])[1]",
    "t.Dims([1, 2])[-1]",
    "t.Dims([1, 2])[5]",
    "t.Dims([1, 2, 3])[0:2]",
    "len(t.Dims())",
    "t.Dims([1.5])",
    "t.Dims('ab')",
    "t.Dims((1,) * 9)",
    "t.Dims().MAX_DIMS",
    "hash(t.Dims())",
    "t.Dims().no_such_attribute",
    "repr(t.DataType.FLOAT)",
    "str(t.DataType.HALF)",
    "t.DataType.FLOAT == 0",
    "int(t.DataType.INT32)",
    "t.DataType(1) == t.float16",
    "t.DataType.HALF.itemsize",
    "t.DataType.FLOAT < t.DataType.HALF",
    "t.DataType.FLOAT.name, t.DataType.FLOAT.value",
    "t.DataType.FLOAT == t.TensorFormat.LINEAR",
    "{t.float32: 1}[t.DataType.FLOAT]",
    "1 << t.BuilderFlag.TF32",
    "t.BuilderFlag.TF32 | 1",
    "1 << int(t.BuilderFlag.TF32)",
    "t.Logger.WARNING",
    "t.Logger.Severity is t.ILogger.Severity",
    "t.Logger.ERROR < t.Logger.INFO",
    "t.Logger.ERROR < 3",
    "t.Logger().min_severity",
    "t.Logger(t.Logger.ERROR).min_severity",
    "t.Logger(min_severity=t.Logger.INFO).min_severity",
    "t.Logger(2)",
    "t.Logger().log(2, 'text')",
    "t.Logger().log(t.Logger.VERBOSE, 'text')",
    "t.Logger(t.Logger.WARNING, 1)",
    "setattr(t.Logger(), 'level', 1)",
    "setattr(t.Logger(), 'min_severity', t.Logger.ERROR)",
    "setattr(t.Logger(), 'min_severity', 3)",
    "t.ICudaEngine()",
    "t.IBuilderConfig()",
    "t.IHostMemory()",
    "t.Builder()",
    "t.Builder(3)",
    "t.Runtime('logger')",
    "t.OnnxParser(t.Logger(), t.Logger())",
    "t.volume(t.Dims([2, 3]))",
    "t.volume(())",
    "type('L', (t.ILogger,), {'__init__': lambda self: None})()",
    "type('L', (t.ILogger,), {'log': lambda self, s, m: m})().log(1, 'text')",
    "setattr(type('L', (t.ILogger,), {})(), 'seen', [])",
    "isinstance(t.Logger(), t.ILogger)",
)


def answers(module: Any) -> Dict[str, str]:
    """What a module of bindings says to each: the value's repr, or the type of the error."""
    found = {}
    for expression in EXPRESSIONS:
        try:
            found[expression] = repr(eval(expression, {"t": module}))
        except Exception as error:  # whatever it raises is the answer
            found[expression] = "raises " + type(error).__name__
    return found
