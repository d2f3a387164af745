import type { BatchOptions, Runnable } from "@batchwise/core";
import type { ChosenAdapter } from "../adapters.ts";
import type { Embedder, OpenEmbedder } from "../embedder.ts";
import { withoutBulk } from "../strategies.ts";
import { vectorSchema } from "../vector-schema.ts";

/** The two sides of a search. */
interface Sides {
  readonly documents: Runnable<string, Float32Array>;
  readonly questions: Runnable<string, Float32Array>;
}

/** An adapter's embedder, which is not open yet. */
export interface ClosedEmbedder {
  readonly open: OpenEmbedder;
  /** Whether it is known what it costs. */
  readonly isPriced: boolean;
}

/**
 * What an adapter's options make. Nothing is sent, and opening it sends nothing where the length of its vectors is known.
 *
 * @throws ArgumentError for options that cannot be worked with
 */
export function adapterEmbedder(chosen: ChosenAdapter<"embeddings">): ClosedEmbedder {
  const sides: Sides = { documents: chosen.make("document"), questions: chosen.make("query") };
  const known = chosen.dimensions();
  const hasPrice = sides.documents.settings?.price !== undefined;
  const isPaid = chosen.hasKey || hasPrice;
  const open: OpenEmbedder = async (say, options): Promise<Embedder> => {
    const dimensions = known ?? (await askDimensions(chosen.name, sides.documents, say, options({ isPaid })));
    return {
      name: chosen.name,
      identity: chosen.identity(dimensions),
      dimensions,
      place: `by ${chosen.host ?? chosen.package}`,
      isPaid,
      ...sides,
      close: () => close(sides),
    };
  };
  return { open, isPriced: hasPrice || !chosen.hasKey };
}

async function askDimensions(
  name: string,
  documents: Runnable<string, Float32Array>,
  say: (text: string) => void,
  options: BatchOptions,
): Promise<number> {
  say(`the length of ${name}'s vectors is not known here: one word is sent to learn it`);
  // Beside the Runnable, which would take one word's bytes and tokens for those of any text.
  const single = withoutBulk(documents);
  const schema = vectorSchema();
  const [vector] = await single.batch(["length"], { ...options, schema, returnExceptions: false });
  return vector?.length ?? 0;
}

/** Ends what an adapter keeps open, such as threads. */
async function close({ documents, questions }: Sides): Promise<void> {
  for (const side of new Set([documents, questions])) {
    await (side as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
  }
}
