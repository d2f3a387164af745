import type { Clock } from "./clock.ts";
import type { Runnable } from "../runnable.ts";
import type { RequestLimits } from "./runnable.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** A question, and the texts that may answer it. */
export interface RerankInput {
  readonly query: string;
  readonly documents: readonly string[];
}

/** Score of one document: how well it answers the query. */
export interface RerankScore {
  /** The document's position in `documents`, from 0. */
  readonly index: number;
  /** Higher is better. Scores of one query can be compared with each other. */
  readonly score: number;
}

/** Runnable of each kind of adapter. A kind that is not listed here can be used all the same. */
export interface AdapterKinds {
  readonly embeddings: Runnable<string, Float32Array>;
  readonly rerank: Runnable<RerankInput, readonly RerankScore[]>;
  readonly chat: Runnable<string, { readonly text: string }>;
}

/** Inputs of an adapter besides those of its kind. */
export interface AdapterInputs {
  /** For chat: lists of messages, each with a `role` and a `content`. */
  readonly messages?: true;
  /**
   * For chat: bodies of requests to this path of OpenAI's API, such as "/v1/chat/completions". Their own parameters win over
   * the adapter's options.
   */
  readonly requests?: string;
}

/** Side of a search that a Runnable is made for. Only some models treat documents and queries differently. */
export type AdapterPurpose = "document" | "query";

/** Context that a program gives to the adapters it makes, besides the options of its user. */
export interface AdapterUse {
  /** For embeddings. @default "document" */
  readonly purpose?: AdapterPurpose | undefined;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock | undefined;
  /**
   * For an adapter that is `structured`: makes values of answers, which are the outputs. It gives its own JSON Schema, by the
   * interface of https://standardschema.dev/json-schema. @default none: outputs are what the kind says
   */
  readonly schema?: StandardSchema<unknown, unknown> | undefined;
}

/**
 * A JSON Schema for each option of `Options` that can be written as JSON, `NotJson` being the others: with it the
 * compiler says when a manifest and its constructor do not agree.
 */
export type OptionSchemas<Options, NotJson extends keyof Options = never> = {
  readonly [Name in Exclude<keyof Options, NotJson>]-?: OptionSchema<Exclude<Options[Name], undefined>>;
};

/** The JSON Schema of one option. */
interface OptionSchema<Value> {
  readonly type: JsonType<Value> | readonly JsonType<Value>[];
  /** For those who choose. */
  readonly description: string;
  /** For those who choose; an option that is not given is not given to `create` either. */
  readonly default?: Value;
  /** Never shown, and no part of what tells two configurations apart: a key, and whatever may hold one. */
  readonly writeOnly?: true;
  /** Whatever else JSON Schema has: `enum`, `minimum`, `properties`, `examples`. */
  readonly [keyword: string]: unknown;
}

type JsonType<Value> = Value extends string
  ? "string"
  : Value extends number
    ? "number" | "integer"
    : Value extends boolean
      ? "boolean"
      : Value extends readonly unknown[]
        ? "array"
        : Value extends (...values: never[]) => unknown
          ? never
          : "object";

/**
 * Manifest of one adapter of a package, so that a program can load it by name as `<package>#<name>`. A package
 * exports a list of them as `adapters`, and has the keyword `batchwise-adapter`.
 */
export interface Adapter<Kind extends string = string> {
  /** Unique in its package: letters, digits and hyphens. */
  readonly name: string;
  /** `embeddings`, `rerank` and `chat` mean what `AdapterKinds` says. */
  readonly kind: Kind;
  /** One sentence, for a list of what is installed. */
  readonly description: string;
  /**
   * JSON Schema (draft 2020-12) of the options that `create` takes: an object's. They can all be written as JSON.
   * `default` only tells what the adapter does by itself, and `writeOnly` marks what may hold a key.
   */
  readonly options: Readonly<Record<string, unknown>>;
  /** Inputs that the Runnable takes besides those of its kind, for programs that read them from files. */
  readonly inputs?: AdapterInputs;
  /** True where `create` takes a `schema` of a program's: the model is held to it. */
  readonly structured?: boolean;
  /** Limits of one request, for programs that plan before they create. */
  readonly limits?: RequestLimits;
  /** Name of the environment variable that holds the key, where one is needed. An option for it is called `apiKey`. */
  readonly key?: string;
  /** For embeddings: the length of the vectors with these options; undefined where only an answer can tell. */
  readonly dimensions?: (options: Readonly<Record<string, any>>) => number | undefined;
  /**
   * Makes the Runnable; nothing is sent yet. `options` have been held against the schema.
   *
   * @throws ArgumentError for options that cannot be worked with, a missing key among them.
   */
  readonly create: (
    options: Readonly<Record<string, any>>,
    use?: AdapterUse,
  ) => Kind extends keyof AdapterKinds ? AdapterKinds[Kind] : Runnable<any, any>;
}
