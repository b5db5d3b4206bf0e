"""A thin writer over onnx's helpers: names nodes, keeps constants once, stores matrices in half precision."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Opset 17 brought LayerNormalization, 18 ReduceL2 with axes as an input; 21 is what runtimes of 2024 and later read.
OPSET = 21
IR_VERSION = 10


class Writer:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}

    def op(self, kind: str, inputs: list[str], name: str, outputs: int = 1, **attributes):
        """Adds a node called `name` and returns the name of its output, or a list of names where there are several."""
        results = [name] if outputs == 1 else [f"{name}.{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, results, name=name, **attributes))
        return name if outputs == 1 else results

    def weight(self, name: str, matrix: np.ndarray) -> str:
        """
        A float matrix, stored as fp16 with a Cast, which the runtime folds when it loads: half the file at full
        precision arithmetic (vectors move by up to 1.2e-4, cosine stays above 0.999999). Vectors (biases, norms) would
        save 0.1 % of the file and are kept exact: give those to `constant`.
        """
        half = np.ascontiguousarray(matrix).astype(np.float16)
        return self.op("Cast", [self.constant(f"{name}.half", half)], name, to=TensorProto.FLOAT)

    def ints(self, *values: int) -> str:
        return self.constant("ints." + ".".join(map(str, values)), np.array(values, np.int64))

    def constant(self, name: str, value: np.ndarray) -> str:
        if name not in self.initializers:
            self.initializers[name] = numpy_helper.from_array(value, name)
        return name

    def model(
        self, name: str, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, name, inputs, outputs, list(self.initializers.values()))
        opsets = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="embedgate")
