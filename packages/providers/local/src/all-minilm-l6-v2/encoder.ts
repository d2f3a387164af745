import { Graph, type Value } from "../onnx/graph.ts";
import { attentionBias, meanOf } from "../onnx/masks.ts";
import { type Tensor, tensorNamed, type Weights } from "../onnx/weights.ts";

const WIDTH = 384;
const HEADS = 12;
const LAYERS = 6;
const EPSILON = 1e-12;
/** Added to the score of a padding token, so that attention gives it nothing. */
const MASKED = -10_000;

/** The least that Gelu gives. */
const LOWEST_GELU = -0.17;

/** Way in which the parts with most of the numbers are computed. */
export interface Precision {
  /** The rows of a table (rows x width) for ids of any shape. */
  readonly rows: (graph: Graph, table: Tensor, ids: Value) => Value;
  /** `input` times the kernel (inputs x outputs), plus the bias. `index` counts these layers from 0. */
  readonly linear: (graph: Graph, input: Value, layer: LinearLayer, index: number) => Value;
}

/** Numbers of a linear layer. */
export interface LinearLayer {
  readonly kernel: Tensor;
  readonly bias: Tensor;
  /** Bound below all inputs, where their function has one. */
  readonly lowest?: number | undefined;
}

/** Real numbers of 32 bits throughout. */
export const exactly: Precision = {
  rows: (graph, { values, shape }, ids) => graph.node("Gather", [graph.tensor(values, shape), ids]),
  linear: (graph, input, { kernel, bias }) => {
    const product = graph.node("MatMul", [input, graph.tensor(kernel.values, kernel.shape)]);
    return graph.node("Add", [product, graph.tensor(bias.values, bias.shape)]);
  },
};

/**
 * all-MiniLM-L6-v2 (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2) as an ONNX model: BERT with six
 * layers, and the mean of the tokens. `input_ids` and `attention_mask` are n x padded length, at most 512;
 * `sentence_embedding` is n x 384, not normalized. Plain operators: the runtime's fused ones for attention are slower.
 */
export function encoderModel(weights: Weights, precision: Precision): Uint8Array {
  const graph = new Graph("all-minilm-l6-v2");
  const ids = graph.input("input_ids", "int32", ["texts", "tokens"]);
  const mask = graph.toReal(graph.input("attention_mask", "int32", ["texts", "tokens"]));
  const network = new Network(graph, weights, precision);

  let tokens = network.embed(ids);
  const bias = attentionBias(graph, mask, MASKED);
  for (let layer = 0; layer < LAYERS; layer++) tokens = network.layer(`encoder.layer.${layer}`, tokens, bias);
  graph.output("sentence_embedding", meanOf(graph, tokens, mask), ["texts", WIDTH]);
  return graph.encode();
}

/** The encoder's parts. n texts x s tokens x width goes through, unless a method says otherwise. */
class Network {
  readonly #graph: Graph;
  readonly #weights: Weights;
  readonly #precision: Precision;
  #linears = 0;

  constructor(graph: Graph, weights: Weights, precision: Precision) {
    this.#graph = graph;
    this.#weights = weights;
    this.#precision = precision;
  }

  /** n x s ids to n x s x 384: each token's vector plus that of its position. All are of the first segment. */
  embed(ids: Value): Value {
    const graph = this.#graph;
    const part = (name: string): Tensor => this.#tensor(`embeddings.${name}_embeddings.weight`);
    const segment = part("token_type").values;
    const { shape, values } = part("position");
    const places = graph.tensor(
      values.map((value, index) => value + segment[index % WIDTH]!),
      shape,
    );
    const length = graph.node("Shape", [ids], { start: 1, end: 2 });
    const positions = graph.node("Slice", [places, graph.integers(0), length, graph.integers(0)]);
    const words = this.#precision.rows(graph, part("word"), ids);
    return this.#normalize("embeddings", graph.node("Add", [words, positions]));
  }

  /** Attention, then a feed-forward network, each added to its input and normalized behind that. */
  layer(layer: string, input: Value, bias: Value): Value {
    const graph = this.#graph;
    const attended = this.#linear(this.#attention(`${layer}.attention.self`, input, bias), [
      this.#dense(`${layer}.attention.output.dense`),
    ]);
    const middle = this.#normalize(`${layer}.attention.output`, graph.node("Add", [attended, input]));
    const widened = graph.node("Gelu", [this.#linear(middle, [this.#dense(`${layer}.intermediate.dense`)])]);
    const narrowed = this.#linear(widened, [this.#dense(`${layer}.output.dense`)], LOWEST_GELU);
    return this.#normalize(`${layer}.output`, graph.node("Add", [narrowed, middle]));
  }

  #attention(layer: string, input: Value, bias: Value): Value {
    const graph = this.#graph;
    // The scores' factor is in the queries' own numbers, and one product gives all three.
    const query = this.#dense(`${layer}.query`, 1 / Math.sqrt(WIDTH / HEADS));
    const joined = this.#linear(input, [query, this.#dense(`${layer}.key`), this.#dense(`${layer}.value`)]);
    const sizes = graph.integers(WIDTH, WIDTH, WIDTH);
    const [queries, keys, values] = graph.nodes("Split", [joined, sizes], { axis: 2 }, 3) as [Value, Value, Value];
    const heads = (part: Value, perm: readonly number[]): Value => {
      const split = graph.node("Reshape", [part, graph.integers(0, 0, HEADS, WIDTH / HEADS)]);
      return graph.node("Transpose", [split], { perm });
    };
    const scores = graph.node("MatMul", [heads(queries, [0, 2, 1, 3]), heads(keys, [0, 2, 3, 1])]);
    const shares = graph.node("Softmax", [graph.node("Add", [scores, bias])], { axis: -1 });
    const mixed = graph.node("MatMul", [shares, heads(values, [0, 2, 1, 3])]);
    const merged = graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] });
    return graph.node("Reshape", [merged, graph.integers(0, 0, WIDTH)]);
  }

  #linear(input: Value, layers: readonly LinearLayer[], lowest?: number): Value {
    return this.#precision.linear(this.#graph, input, { ...sideBySide(layers), lowest }, this.#linears++);
  }

  #normalize(layer: string, input: Value): Value {
    const [scale, bias] = ["weight", "bias"].map((part) => {
      const { values, shape } = this.#tensor(`${layer}.LayerNorm.${part}`);
      return this.#graph.tensor(values, shape);
    }) as [Value, Value];
    return this.#graph.node("LayerNormalization", [input, scale, bias], { axis: -1, epsilon: { real: EPSILON } });
  }

  /** A layer of the file, which has its kernels as outputs x inputs, times a factor. */
  #dense(layer: string, factor = 1): LinearLayer {
    const { values, shape } = this.#tensor(`${layer}.bias`);
    const bias = { shape, values: values.map((value) => value * factor) };
    return { kernel: transposed(this.#tensor(`${layer}.weight`), factor), bias };
  }

  #tensor(name: string): Tensor {
    return tensorNamed(this.#weights, name);
  }
}

function transposed({ values, shape }: Tensor, factor: number): Tensor {
  const [outputs, inputs] = shape as readonly [number, number];
  const turned = new Float32Array(values.length);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      turned[input * outputs + output] = values[output * inputs + input]! * factor;
    }
  }
  return { shape: [inputs, outputs], values: turned };
}

/** One layer that gives the outputs of several for the same input, one behind the other. */
function sideBySide(layers: readonly LinearLayer[]): LinearLayer {
  const [inputs = 0] = layers[0]?.kernel.shape ?? [];
  const outputs = layers.reduce((sum, { bias }) => sum + bias.values.length, 0);
  const kernel = { shape: [inputs, outputs], values: new Float32Array(inputs * outputs) };
  const bias = { shape: [outputs], values: new Float32Array(outputs) };
  let start = 0;
  for (const layer of layers) {
    const width = layer.bias.values.length;
    bias.values.set(layer.bias.values, start);
    for (let row = 0; row < inputs; row++) {
      kernel.values.set(layer.kernel.values.subarray(row * width, (row + 1) * width), row * outputs + start);
    }
    start += width;
  }
  return { kernel, bias };
}
