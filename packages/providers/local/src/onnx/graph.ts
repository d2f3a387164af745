import onnxProto from "onnx-proto";

const { onnx } = onnxProto;
const Element = onnx.TensorProto.DataType;
const Attribute = onnx.AttributeProto.AttributeType;

/** The format of the file, and the versions of the operators in it. onnxruntime has read both since 1.17. */
const IR_VERSION = 9;
const OPERATORS = 20;
const MICROSOFTS = { domain: "com.microsoft", version: 1 };

/** The name of what flows between two nodes. */
export type Value = string & { readonly __brand: "value" };

/** Stands for an input that is left out. */
export const NONE = "" as Value;

/** A fixed size, or the name of one that the input decides. */
export type Dimension = number | string;

/**
 * Attributes of a node. A whole number is written as an integer: an attribute that ONNX wants as a real number is
 * wrapped as `{ real }`.
 */
export type Attributes = Readonly<Record<string, number | readonly number[] | { readonly real: number }>>;

/**
 * Builds an ONNX model node by node. Each method returns the value that it adds, to be an input of the next.
 *
 * @example
 * const graph = new Graph("double");
 * const x = graph.input("x", "float", ["n"]);
 * graph.output("y", graph.node("Mul", [x, graph.real(2)]), ["n"]);
 * await writeFile("double.onnx", graph.encode());
 */
export class Graph {
  readonly #name: string;
  readonly #nodes: onnxProto.onnx.INodeProto[] = [];
  readonly #constants: onnxProto.onnx.ITensorProto[] = [];
  readonly #inputs: onnxProto.onnx.IValueInfoProto[] = [];
  readonly #outputs: onnxProto.onnx.IValueInfoProto[] = [];
  #values = 0;

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, type: "int32" | "int64" | "float", shape: readonly Dimension[]): Value {
    const elements = { int32: Element.INT32, int64: Element.INT64, float: Element.FLOAT };
    this.#inputs.push(valueInfo(name, elements[type], shape));
    return name as Value;
  }

  output(name: string, value: Value, shape: readonly Dimension[]): void {
    this.#nodes.push({ opType: "Identity", input: [value], output: [name], name });
    this.#outputs.push(valueInfo(name, Element.FLOAT, shape));
  }

  /** A tensor of real numbers. */
  tensor(values: Float32Array, shape: readonly number[]): Value {
    return this.#constant(Element.FLOAT, values, shape);
  }

  /** A tensor of bytes: an Int8Array's have a sign. */
  bytes(values: Int8Array | Uint8Array, shape: readonly number[]): Value {
    return this.#constant(values instanceof Int8Array ? Element.INT8 : Element.UINT8, values, shape);
  }

  /** One real number. */
  real(value: number): Value {
    return this.tensor(Float32Array.of(value), []);
  }

  /** A list of whole numbers: axes, sizes, bounds. */
  integers(...values: number[]): Value {
    return this.#constant(Element.INT64, BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** One whole number. */
  integer(value: number): Value {
    return this.#constant(Element.INT64, BigInt64Array.of(BigInt(value)), []);
  }

  /**
   * An operator with one output. https://onnx.ai/onnx/operators/ describes them, and onnxruntime's ContribOperators.md
   * those that start with `com.microsoft.`. An input that may be left out is `NONE`.
   */
  node(operator: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.nodes(operator, inputs, attributes, 1)[0]!;
  }

  /** An operator with several outputs. */
  nodes(operator: string, inputs: readonly Value[], attributes: Attributes, outputs: number): Value[] {
    const values = Array.from({ length: outputs }, () => this.#newValue());
    const dot = operator.lastIndexOf(".");
    this.#nodes.push({
      opType: operator.slice(dot + 1),
      domain: operator.slice(0, Math.max(dot, 0)),
      input: [...inputs],
      output: values,
      name: values[0]!,
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    });
    return values;
  }

  /** Real numbers from whole ones. */
  toReal(value: Value): Value {
    return this.node("Cast", [value], { to: Element.FLOAT });
  }

  /** The model as the bytes of an .onnx file. The same calls give the same bytes. */
  encode(): Uint8Array {
    const model = onnx.ModelProto.create({
      irVersion: IR_VERSION,
      producerName: "batchwise",
      opsetImport: [{ domain: "", version: OPERATORS }, MICROSOFTS],
      graph: {
        name: this.#name,
        node: this.#nodes,
        initializer: this.#constants,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
    return onnx.ModelProto.encode(model).finish();
  }

  #constant(
    dataType: number,
    values: Float32Array | BigInt64Array | Int8Array | Uint8Array,
    dims: readonly number[],
  ): Value {
    const name = this.#newValue();
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#constants.push({ name, dataType, dims: [...dims], rawData });
    return name;
  }

  #newValue(): Value {
    return `v${this.#values++}` as Value;
  }
}

function attribute(name: string, value: Attributes[string]): onnxProto.onnx.IAttributeProto {
  if (typeof value === "number") return { name, type: Attribute.INT, i: value };
  if ("real" in value) return { name, type: Attribute.FLOAT, f: value.real };
  return { name, type: Attribute.INTS, ints: [...value] };
}

function valueInfo(name: string, elemType: number, shape: readonly Dimension[]): onnxProto.onnx.IValueInfoProto {
  const dim = shape.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
