import type { BatchOptions, Runnable } from "@batchwise/core";
import type { ResolvedAdapter } from "../adapters.ts";
import type { Embedder, OpenEmbedder } from "../embedder.ts";
import { withoutBulk } from "../strategies.ts";
import { vectorSchema } from "../vector-schema.ts";

/** Runnables for the two sides of a search. */
interface Sides {
  readonly documents: Runnable<string, Float32Array>;
  readonly questions: Runnable<string, Float32Array>;
}

/** Embedder of an adapter, not open yet. */
export interface ClosedEmbedder {
  readonly open: OpenEmbedder;
  /** True when its price is known. */
  readonly isPriced: boolean;
}

/**
 * Makes an adapter's embedder. Sends nothing; opening it sends a word only if the length of its vectors is unknown.
 *
 * @throws ArgumentError for options that cannot be worked with
 */
export function adapterEmbedder(resolved: ResolvedAdapter<"embeddings">): ClosedEmbedder {
  const sides: Sides = { documents: resolved.make("document"), questions: resolved.make("query") };
  const known = resolved.dimensions();
  const hasPrice = sides.documents.settings?.price !== undefined;
  const isPaid = resolved.hasKey || hasPrice;
  const open: OpenEmbedder = async (notify, options): Promise<Embedder> => {
    const dimensions = known ?? (await askDimensions(resolved.name, sides.documents, notify, options({ isPaid })));
    return {
      name: resolved.name,
      identity: resolved.identity(dimensions),
      dimensions,
      place: `by ${resolved.host ?? resolved.package}`,
      isPaid,
      ...sides,
      close: () => close(sides),
    };
  };
  return { open, isPriced: hasPrice || !resolved.hasKey };
}

async function askDimensions(
  name: string,
  documents: Runnable<string, Float32Array>,
  notify: (text: string) => void,
  options: BatchOptions,
): Promise<number> {
  notify(`the length of ${name}'s vectors is not known here: one word is sent to learn it`);
  // Not by the Runnable itself, which would estimate any text by the bytes and tokens of one word.
  const single = withoutBulk(documents);
  const schema = vectorSchema();
  const [vector] = await single.batch(["length"], { ...options, schema, returnExceptions: false });
  return vector?.length ?? 0;
}

/** Closes what an adapter keeps open, such as threads. */
async function close({ documents, questions }: Sides): Promise<void> {
  for (const side of new Set([documents, questions])) {
    await (side as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
  }
}
