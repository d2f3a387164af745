import { NONE } from "../onnx/graph.ts";
import type { Tensor } from "../onnx/weights.ts";
import { largestInputs } from "./calibration.ts";
import type { LinearLayer, Precision } from "./encoder.ts";

/**
 * Whole numbers of 8 bits, by scales that are fixed beforehand: a text's vector does not depend on the texts around it,
 * as it does with scales that are taken from each batch. The inputs of a layer share one scale, since the runtime is
 * slow with one for each; each output has one of its own, and so has each row of a table.
 */
export const int8: Precision = {
  rows: (graph, table, ids) => {
    const { bytes, scales } = quantizedRows(table);
    const row = graph.toReal(graph.node("Gather", [graph.bytes(bytes, table.shape), ids]));
    return graph.node("Mul", [row, graph.node("Gather", [graph.tensor(scales, [scales.length, 1]), ids])]);
  },
  linear: (graph, input, layer, index) => {
    const { kernel, bias } = layer;
    const largest = largestInputs(index);
    const factors = smoothing(kernel, largest);
    const { scale, zero } = inputRange(layer, largest, factors);
    const { bytes, scales } = quantizedColumns(kernel, factors);

    const inverse = factors.map((factor) => 1 / factor);
    const [scaleOfInputs, zeroOfInputs] = [graph.real(scale), graph.bytes(Uint8Array.of(zero), [])];
    const smoothed = graph.node("Mul", [input, graph.tensor(inverse, [inverse.length])]);
    return graph.node("com.microsoft.MatMulIntegerToFloat", [
      graph.node("QuantizeLinear", [smoothed, scaleOfInputs, zeroOfInputs]),
      graph.bytes(bytes, kernel.shape),
      scaleOfInputs,
      graph.tensor(scales, [scales.length]),
      zeroOfInputs,
      NONE,
      graph.tensor(bias.values, bias.shape),
    ]);
  },
};

/** The largest number of 8 bits with a sign. */
const MOST = 127;

/**
 * Numbers that inputs are divided by, and their rows of the kernel multiplied (Xiao et al. 2022,
 * https://arxiv.org/abs/2211.10438): inputs of very different ranges come to share one. `x / (x w) ** (1/8)` is
 * their `x ** a / w ** (1 - a)` with `a` at 7/8, by roots alone: they give the same bits on every machine.
 */
function smoothing({ shape, values }: Tensor, largest: Float32Array): Float32Array {
  const [, outputs] = shape as readonly [number, number];
  return largest.map((most, input) => {
    const weight = largestOf(values.subarray(input * outputs, (input + 1) * outputs));
    return most / Math.sqrt(Math.sqrt(Math.sqrt(most * weight)));
  });
}

/** The scale of a layer's inputs, and the byte that stands for 0: in the middle, unless they have a lower bound. */
function inputRange({ lowest }: LinearLayer, largest: Float32Array, factors: Float32Array): InputRange {
  const above = largestOf(largest.map((most, input) => most / factors[input]!));
  const below = lowest === undefined ? above : largestOf(factors.map((factor) => lowest / factor));
  return { scale: (above + below) / (2 * MOST), zero: Math.round((below / (above + below)) * 2 * MOST) + 1 };
}

interface InputRange {
  readonly scale: number;
  readonly zero: number;
}

interface Quantized {
  readonly bytes: Int8Array;
  readonly scales: Float32Array;
}

function quantizedRows({ values, shape }: Tensor): Quantized {
  const [rows, columns] = shape as readonly [number, number];
  const bytes = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [row * columns, (row + 1) * columns];
    const scale = (scales[row] = largestOf(values.subarray(start, end)) / MOST || 1);
    for (let index = start; index < end; index++) bytes[index] = Math.round(values[index]! / scale);
  }
  return { bytes, scales };
}

function quantizedColumns({ values, shape }: Tensor, factors: Float32Array): Quantized {
  const [, columns] = shape as readonly [number, number];
  const bytes = new Int8Array(values.length);
  const scales = new Float32Array(columns);
  const each = (visit: (index: number, value: number, column: number) => void): void => {
    for (const [row, factor] of factors.entries()) {
      for (let column = 0; column < columns; column++) {
        const index = row * columns + column;
        visit(index, values[index]! * factor, column);
      }
    }
  };
  each((_, value, column) => (scales[column] = Math.max(scales[column]!, Math.abs(value) / MOST)));
  each((index, value, column) => (bytes[index] = Math.round(value / scales[column]!)));
  return { bytes, scales };
}

function largestOf(values: Float32Array): number {
  let most = 0;
  for (let index = 0; index < values.length; index++) most = Math.max(most, Math.abs(values[index]!));
  return most;
}
