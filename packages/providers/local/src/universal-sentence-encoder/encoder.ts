import { Graph, type Value } from "../onnx/graph.ts";
import { attentionBias, meanOf } from "../onnx/masks.ts";
import { tensorNamed, type Weights } from "../onnx/weights.ts";

const ROOT = "module";
const MODULE = `${ROOT}/Encoder_en`;
const APPLIED = "module_apply_default/Encoder_en";
const ENCODE = "KonaTransformer/Encode";

const HEADS = 4;
/** Width of the token embeddings, and of everything behind the first layer. */
const EMBEDDING = 256;
const HIDDEN = 512;
const EPSILON = 1e-6;
/** Added to the score of a padding token, so that attention gives it nothing. */
const MASKED = -1e9;

/**
 * The Universal Sentence Encoder Lite (Cer et al. 2018, https://arxiv.org/abs/1803.11175) as an ONNX model: token
 * embeddings with a timing signal, two transformer layers, the mean of the tokens, one tanh layer. `input_ids` and
 * `attention_mask` are n x padded length; `sentence_embedding` is n x 512, not normalized.
 */
export function encoderModel(weights: Weights): Uint8Array {
  const graph = new Graph("universal-sentence-encoder-lite");
  const ids = graph.input("input_ids", "int64", ["texts", "tokens"]);
  const mask = graph.toReal(graph.input("attention_mask", "int64", ["texts", "tokens"]));
  const network = new Network(graph, weights);

  const embedded = network.embed(ids);
  const bias = attentionBias(graph, mask, MASKED);
  const first = network.layer(0, embedded, bias, { width: EMBEDDING });
  const second = network.layer(1, first, bias, { width: HIDDEN });
  const sentences = network.sentenceLayer(meanOf(graph, second, mask));
  graph.output("sentence_embedding", sentences, ["texts", HIDDEN]);
  return graph.encode();
}

/** The encoder's parts. n texts x s tokens x width goes through, unless a method says otherwise. */
class Network {
  readonly #graph: Graph;
  readonly #weights: Weights;

  constructor(graph: Graph, weights: Weights) {
    this.#graph = graph;
    this.#weights = weights;
  }

  /** n x s ids to n x s x 256: each token's vector, doubled, plus the sines and cosines of its position. */
  embed(ids: Value): Value {
    const graph = this.#graph;
    const vectors = graph.node("Gather", [this.#weight(`${ROOT}/Embeddings_en`), ids]);
    const tokens = graph.node("Gather", [graph.node("Shape", [ids]), graph.integer(1)]);
    const positions = graph.node("Range", [graph.integer(0), tokens, graph.integer(1)]);
    const column = graph.node("Unsqueeze", [graph.toReal(positions), graph.integers(1)]);
    const frequencies = this.#weight(
      `${APPLIED}/${ENCODE}/TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1`,
    );
    const angles = graph.node("Mul", [column, frequencies]);
    const timing = graph.node("Concat", [graph.node("Sin", [angles]), graph.node("Cos", [angles])], { axis: 1 });
    return graph.node("Add", [graph.node("Mul", [vectors, graph.real(2)]), timing]);
  }

  /** Attention, then a feed-forward network, each normalized before and added to the input. */
  layer(index: 0 | 1, input: Value, bias: Value, { width }: { readonly width: number }): Value {
    const graph = this.#graph;
    const layer = `${ENCODE}/Layer_${index}/TransformerLayer`;
    const attended = this.#attention(layer, this.#normalize(layer, input), bias, width);
    // The first layer widens what goes around the attention, from 256 to 512.
    const around = width === HIDDEN ? input : this.#dense(input, `${layer}/dense`);
    const sum = graph.node("Add", [attended, around]);
    return graph.node("Add", [this.#feedForward(index, layer, sum), sum]);
  }

  /** n x 512 to n x 512. */
  sentenceLayer(means: Value): Value {
    const layer = `${MODULE}/hidden_layers/tanh_layer_0`;
    return this.#graph.node("Tanh", [this.#linear(means, `${layer}/weights`, `${layer}/bias`)]);
  }

  #attention(layer: string, input: Value, bias: Value, width: number): Value {
    const graph = this.#graph;
    const projection = (part: string): [kernel: string, bias: string] => [
      `${MODULE}/${layer}/MultiheadAttention/${part}/kernel/part_0`,
      `${APPLIED}/${layer}/MultiheadAttention/${part}/bias/ConcatPartitions/concat`,
    ];
    const joined = this.#linear(input, ...projection("qkv_transform_single"));
    const sizes = graph.integers(width, width, width);
    const [queries, keys, values] = graph.nodes("Split", [joined, sizes], { axis: 2 }, 3).map((part) => {
      const heads = graph.node("Reshape", [part, graph.integers(0, 0, HEADS, width / HEADS)]);
      return graph.node("Transpose", [heads], { perm: [0, 2, 1, 3] });
    }) as [Value, Value, Value];
    const scaled = graph.node("Mul", [queries, graph.real(1 / Math.sqrt(width / HEADS))]);
    const scores = graph.node("MatMul", [scaled, graph.node("Transpose", [keys], { perm: [0, 1, 3, 2] })]);
    const shares = graph.node("Softmax", [graph.node("Add", [scores, bias])], { axis: -1 });
    const heads = graph.node("Transpose", [graph.node("MatMul", [shares, values])], {
      perm: [0, 2, 1, 3],
    });
    const merged = graph.node("Reshape", [heads, graph.integers(0, 0, width)]);
    return this.#linear(merged, ...projection("output_transform_single"));
  }

  #feedForward(index: number, layer: string, input: Value): Value {
    const stacked = `${APPLIED}/${ENCODE}/TransformerStack/Layer_${index}/TransformerLayer/FFN`;
    const step = (part: string, value: Value): Value =>
      this.#linear(
        value,
        `${stacked}/${part}/Tensordot/Reshape_1`,
        `${APPLIED}/${layer}/FFN/${part}/bias/ConcatPartitions/concat`,
      );
    const widened = step("conv1", this.#normalize(`${layer}/FFN`, input));
    return step("conv2", this.#graph.node("Relu", [widened]));
  }

  #normalize(layer: string, input: Value): Value {
    const part = (name: string): Value =>
      this.#weight(`${APPLIED}/${layer}/layer_prepostprocess/layer_norm/layer_norm_${name}/ConcatPartitions/concat`);
    const attributes = { axis: -1, epsilon: { real: EPSILON } };
    return this.#graph.node("LayerNormalization", [input, part("scale"), part("bias")], attributes);
  }

  #dense(input: Value, layer: string): Value {
    const part = (name: string): string => `${APPLIED}/${layer}/${name}/ConcatPartitions/concat`;
    return this.#linear(input, part("kernel"), part("bias"));
  }

  #linear(input: Value, kernel: string, bias: string): Value {
    const graph = this.#graph;
    return graph.node("Add", [graph.node("MatMul", [input, this.#kernel(kernel)]), this.#weight(bias)]);
  }

  #weight(name: string): Value {
    const { values, shape } = tensorNamed(this.#weights, name);
    return this.#graph.tensor(values, shape);
  }

  /** A kernel without the two leading ones that a convolution over single positions has. */
  #kernel(name: string): Value {
    const { values, shape } = tensorNamed(this.#weights, name);
    return this.#graph.tensor(values, shape.slice(-2));
  }
}
