import { type Adapter, type AdapterUse, ArgumentError, BatchwiseError, isRunnable, withConfig } from "@batchwise/core";
import { kindOf } from "./kind-of.ts";
import { openPlugin, type Plugin } from "./open-plugin.ts";
import { optionCheck } from "./option-check.ts";
import { type From, placesOf } from "./places.ts";
import { readReference } from "./reference.ts";

/** Place and kind of an adapter to load. */
export interface LoadAdapterOptions<Kind extends string = string> {
  /** Folder of the user, from which the package is looked up. @default the current folder */
  readonly from?: From;
  /** Kind that the adapter must have: `embeddings`, `rerank`, `chat`, or one of its author's. @default any */
  readonly kind?: Kind;
}

/** Adapter with a function that makes its Runnable. */
export interface LoadedAdapter<Kind extends string = string> {
  readonly package: string;
  /** Undefined when the package does not say. */
  readonly version: string | undefined;
  readonly adapter: Adapter<Kind>;
  /**
   * Makes the Runnable; sends nothing yet. The adapter chooses the options that are not given: the schema's defaults
   * are not filled in.
   *
   * @throws ArgumentError for options that the schema refuses, all in one message, by name and never by value; for
   * those that the adapter cannot work with; and when it does not make a Runnable of this contract
   */
  readonly create: (
    options?: Readonly<Record<string, unknown>>,
    use?: AdapterUse,
  ) => ReturnType<Adapter<Kind>["create"]>;
}

/**
 * Imports the package from where the user has it, and returns the adapter of that name; given the package's name alone,
 * its only adapter of the kind.
 *
 * @param reference `<package>#<adapter>`, or `<package>`
 * @throws ArgumentError when the package is not installed, cannot be imported, has no such adapter or one of another
 * kind, has a broken manifest, or is written for another major version of `@batchwise/core`
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
    const expected = wanted === undefined ? `of the kind ${kind}` : `named ${wanted}`;
    throw new ArgumentError(
      `Expected ${name} to have an adapter ${expected}, got no such one. It has: ${listed(name, adapters)}.`,
    );
  }
  if (another !== undefined) {
    throw new ArgumentError(
      `Expected the name of one adapter, got only ${name}, which has several. Choose one: ${listed(name, fitting)}.`,
    );
  }
  if (fitting.includes(found)) return found;
  const others = fitting.length === 0 ? "It has none of that kind" : `Of that kind it has: ${listed(name, fitting)}`;
  throw new ArgumentError(
    `Expected an adapter of the kind ${kind}, got ${name}#${found.name}, which is of the kind ${found.kind}. ${others}.`,
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
      `Expected ${name} to take these options, got an error (${cause instanceof Error ? cause.name : kindOf(cause)}), ` +
        "which is in `cause`. Check the options, or tell its author.",
      { cause },
    );
  }
  if (!isRunnable(made)) {
    throw new ArgumentError(
      `Expected ${name} to make a Runnable of @batchwise/core, got ${kindOf(made)}. Install another version, or tell its author.`,
    );
  }
  // A package that has core inside of its own bundle may make one of another contract, which is refused here.
  withConfig(made, {});
  return made;
}
