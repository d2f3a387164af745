import { type Adapter, type AdapterUse, ArgumentError, BatchwiseError, isRunnable } from "@batchwise/core";
import { kindOf } from "./kind-of.ts";
import { openPlugin, type Plugin } from "./open-plugin.ts";
import { optionCheck } from "./option-check.ts";
import { type From, placesOf } from "./places.ts";
import { readReference } from "./reference.ts";

/** How an adapter is found. */
export interface LoadAdapterOptions<Kind extends string = string> {
  /** From where the package is looked for: the user's folder. @default the current folder */
  readonly from?: From;
  /** What the adapter has to be: `embeddings`, `rerank`, `chat`, or a kind of its author's. @default any */
  readonly kind?: Kind;
}

/** An adapter, ready to be made. */
export interface LoadedAdapter<Kind extends string = string> {
  readonly package: string;
  /** Undefined where the package does not say. */
  readonly version: string | undefined;
  readonly adapter: Adapter<Kind>;
  /**
   * Makes the Runnable; nothing is sent yet. Options that are not given are the adapter's to choose: the schema's
   * defaults are not filled in.
   *
   * @throws ArgumentError for options that the schema refuses, all of them in one message and by their names, never by
   * their values; for those that the adapter cannot work with; and where it makes no Runnable
   */
  readonly create: (
    options?: Readonly<Record<string, unknown>>,
    use?: AdapterUse,
  ) => ReturnType<Adapter<Kind>["create"]>;
}

/**
 * Imports the package from where the user has it, and returns the adapter of that name; with the package's name alone,
 * its only one of the kind.
 *
 * @param reference `<package>#<adapter>`, or `<package>`
 * @throws ArgumentError when the package is not installed or can't be imported, it has no such adapter, the adapter is
 * of another kind, its manifest is broken, or it is written for another major version of `@batchwise/core`
 *
 * @example
 * const { create } = await loadAdapter("@batchwise/openai#embeddings", { kind: "embeddings" });
 * const vectors = await create({ dimensions: 256 }).batch(texts);
 */
export async function loadAdapter<Kind extends string = string>(
  reference: string,
  { from, kind }: LoadAdapterOptions<Kind> = {},
): Promise<LoadedAdapter<Kind>> {
  const wanted = readReference(reference);
  const plugin = await openPlugin(wanted.package, placesOf(from));
  const adapter = choose(plugin, wanted.adapter, kind) as Adapter<Kind>;
  const name = `${plugin.package}#${adapter.name}`;
  const check = optionCheck(name, adapter.options);
  return {
    package: plugin.package,
    version: plugin.version,
    adapter,
    create: (options = {}, use = {}) => {
      check(options);
      return make(name, adapter, options, use);
    },
  };
}

function choose({ package: name, adapters }: Plugin, wanted: string | undefined, kind: string | undefined): Adapter {
  const fitting = adapters.filter((adapter) => kind === undefined || adapter.kind === kind);
  const named = wanted === undefined ? fitting : adapters.filter((adapter) => adapter.name === wanted);
  const [found, another] = named;
  if (found === undefined) {
    const what = wanted === undefined ? `of the kind ${kind}` : `named ${wanted}`;
    throw new ArgumentError(`${name} has no adapter ${what}. It has: ${listed(name, adapters)}.`);
  }
  if (another !== undefined) {
    throw new ArgumentError(`${name} has several adapters. Say which one: ${listed(name, fitting)}.`);
  }
  if (fitting.includes(found)) return found;
  const others = fitting.length === 0 ? "It has none of that kind" : `Of that kind it has: ${listed(name, fitting)}`;
  throw new ArgumentError(
    `Expected an adapter of the kind ${kind}, but ${name}#${found.name} is of the kind ${found.kind}. ${others}.`,
  );
}

function listed(name: string, adapters: readonly Adapter[]): string {
  return adapters.map((adapter) => `${name}#${adapter.name} (${adapter.kind})`).join(", ");
}

function make<Kind extends string>(
  name: string,
  adapter: Adapter<Kind>,
  options: Readonly<Record<string, unknown>>,
  use: AdapterUse,
): ReturnType<Adapter<Kind>["create"]> {
  let made: ReturnType<Adapter<Kind>["create"]>;
  try {
    made = adapter.create(options, use);
  } catch (cause) {
    if (BatchwiseError.isInstance(cause)) throw cause;
    // Any other error may quote an option, and that may be a key.
    throw new ArgumentError(
      `${name} could not be made of these options: it threw ${cause instanceof Error ? cause.name : kindOf(cause)}, ` +
        "which is in `cause`. Check the options, or tell its author.",
      { cause },
    );
  }
  if (isRunnable(made)) return made;
  throw new ArgumentError(
    `Expected ${name} to make a Runnable of @batchwise/core, came ${kindOf(made)}. Install another version, or tell its author.`,
  );
}
