import { type AdapterKinds, type AdapterPurpose, type Clock, withConfig } from "@batchwise/core";
import type { LocalEmbeddings } from "@batchwise/local";
import { identifyingOptions, isSecret, loadAdapter, propertiesOf } from "@batchwise/plugins";
import { z } from "zod";
import type { Flags } from "./flags.ts";

/** Embedder of documents and questions. */
export interface Embedder {
  /** Name of the model, and of its package. */
  readonly name: string;
  readonly package: string;
  /** True when its use may cost money. */
  readonly isPaid: boolean;
  /** Adapter and options on which its vectors depend: only those of the same can be compared. */
  readonly namespace: object;
  readonly documents: AdapterKinds["embeddings"];
  /** The same Runnable for a model that treats both alike. */
  readonly questions: AdapterKinds["embeddings"];
  close(): Promise<void>;
}

/** Reranker of the best documents of a search. */
export interface Reranker extends Pick<Embedder, "name" | "isPaid"> {
  readonly rerank: AdapterKinds["rerank"];
}

/** Folder from which adapters are loaded, and their clock. */
export interface Sources {
  readonly workingFolder: string;
  /** Loader, for tests. @default that of `@batchwise/plugins` */
  readonly load?: typeof loadAdapter;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock;
}

/** Models of docsearch's own adapters, and environment variables with the address of another server. */
const OWN: Readonly<Record<string, { readonly model: string; readonly address: string }>> = {
  "@batchwise/local#embeddings": { model: "all-MiniLM-L6-v2", address: "" },
  "@batchwise/openai#embeddings": { model: "text-embedding-3-small", address: "OPENAI_BASE_URL" },
  "@batchwise/cohere#embeddings": { model: "embed-v4.0", address: "CO_API_URL" },
  "@batchwise/cohere#rerank": { model: "rerank-v3.5", address: "CO_API_URL" },
};

/**
 * Opens the embedder. Sends nothing.
 *
 * @throws Error for an unknown adapter, a missing key, or options that cannot be worked with
 */
export async function openEmbedder({ embed, embedOptions, model }: Flags, sources: Sources): Promise<Embedder> {
  const given = { ...embedOptions, ...(model !== undefined && { model }) };
  const found = await find("embeddings", "--embed", embed, given, sources);
  const { adapter, create, options, reference } = found;
  const length = adapter.dimensions?.(options);
  if (embed === "local" && length === undefined)
    throw new Error("Expected a --model that @batchwise/local has, got another. Leave it out.");
  const config = { schema: vectorSchema(length) };
  const make = (purpose: AdapterPurpose) => create(options, { purpose, clock: sources.clock });
  const documents = make("document");
  // The model in this process takes a moment to load: it begins now. It treats both sides alike: one copy is enough.
  void (documents as Partial<LocalEmbeddings>).load?.().catch(() => undefined);
  const questions = reference === "@batchwise/local#embeddings" ? documents : make("query");
  return {
    ...found,
    isPaid: adapter.key !== undefined || documents.settings?.price !== undefined,
    namespace: { reference, options: identifyingOptions(options, propertiesOf(adapter.options)) },
    documents: withConfig(documents, config),
    questions: withConfig(questions, config),
    close: async () => {
      for (const each of new Set([documents, questions]))
        await (each as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
    },
  };
}

/** Opens the reranker that was asked for. Sends nothing. @throws Error as `openEmbedder` does */
export async function openReranker({ rerank, rerankOptions }: Flags, sources: Sources): Promise<Reranker | undefined> {
  if (rerank === undefined) return undefined;
  const found = await find("rerank", "--rerank", rerank, { ...rerankOptions }, sources);
  const { adapter, create, options, name } = found;
  const prices = found.package === "@batchwise/cohere" ? (await import("@batchwise/cohere")).PRICES : {};
  const price = Object.hasOwn(prices, name) ? prices[name]?.perThousandSearches : undefined;
  // A search that is charged as such weighs one token at its price: the engine estimates it, and stops before a cap.
  const bySearch = { weigh: () => ({ tokens: 1 }), price: { perMillionInputTokens: (price ?? 0) * 1000 } };
  const config = { schema: SCORES, ...(price !== undefined && bySearch) };
  const runnable: Reranker["rerank"] = withConfig(create(options, { clock: sources.clock }), config);
  return { name, isPaid: adapter.key !== undefined || runnable.settings?.price !== undefined, rerank: runnable };
}

/** Finds an adapter and its options: docsearch's own by its short name, any other from the user's node_modules. */
async function find<Kind extends "embeddings" | "rerank">(
  kind: Kind,
  flag: string,
  chosen: string,
  given: object,
  { workingFolder, load = loadAdapter }: Sources,
) {
  const short = `@batchwise/${chosen}#${kind}`;
  const reference = Object.hasOwn(OWN, short) ? short : chosen;
  if (!reference.includes("#")) {
    const names = kind === "rerank" ? "cohere" : "local, openai, cohere";
    throw new Error(`Expected ${names} or <package>#<adapter> with ${flag}, got something else.`);
  }
  const from = reference === short ? import.meta.dirname : [workingFolder, import.meta.dirname];
  const { adapter, create, package: name } = await load(reference, { kind, from });
  const { address = "", ...usual } = OWN[reference] ?? {};
  const baseURL = process.env[address]?.trim();
  const options = { ...usual, ...(baseURL && { baseURL }), ...given };
  const properties = propertiesOf(adapter.options);
  const hasKey = adapter.key === undefined || Object.keys(options).some((each) => isSecret(properties[each]));
  if (!hasKey && !process.env[adapter.key ?? ""]?.trim()) {
    const variable = `the environment variable ${adapter.key}`;
    throw new Error(`Expected a key for ${flag} ${chosen} in ${variable}, got none. Set it and try again.`);
  }
  const { model = reference } = options as { readonly model?: string };
  return { adapter, create, options, reference, package: name, name: model };
}

/** Schema of a reranker's output. */
const SCORES = z.array(z.object({ index: z.number(), score: z.number() }));

/** Schema of vectors of `length` finite numbers, or of as many as the first one has. Any other is an error of its text. */
function vectorSchema(length: number | undefined) {
  let expected = length;
  const isVector = (value: unknown): boolean =>
    value instanceof Float32Array &&
    value.length === (expected ??= value.length || undefined) &&
    value.every(Number.isFinite);
  const error = () => `expected ${expected || "a Float32Array of"} finite numbers`;
  return z.custom<Float32Array>(isVector, { error });
}
