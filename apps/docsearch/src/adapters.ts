import type { AdapterUse, Clock } from "@batchwise/core";
import {
  isSecret,
  type LoadedAdapter,
  loadAdapter,
  type Properties,
  propertiesOf,
  withDefaults,
} from "@batchwise/plugins";
import { digestOf, hostOf } from "./adapter-options.ts";
import { identityOf } from "./embedder.ts";
import { requireKey, textOf } from "./keys.ts";

/** Adapter and options that the user chose. */
export interface AdapterChoice {
  readonly flag: "--embed" | "--rerank";
  /** A short name, or `<package>#<adapter>`. */
  readonly adapter: string;
  /** Options of the adapter, as JSON. */
  readonly options: string | undefined;
  /** Option `model`, which overrides `options`. */
  readonly model: string | undefined;
  /** Option for the length of vectors, which overrides `options`. */
  readonly dimensions?: number | undefined;
}

/** Environment and folder from which adapters are loaded. */
export interface Sources {
  /** Variables with the keys. */
  readonly environment: NodeJS.ProcessEnv;
  /** Folder from which packages are looked up. */
  readonly workingFolder: string;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock | undefined;
}

/** Kind of adapters that docsearch uses. */
export type AdapterKind = "embeddings" | "rerank";

/** Adapter with its options, before its Runnable is made. */
export interface ResolvedAdapter<Kind extends AdapterKind = AdapterKind> {
  /** `<package>#<adapter>` */
  readonly reference: string;
  readonly package: string;
  /** Name of the model; the reference for an adapter without models. */
  readonly name: string;
  /** True for an adapter that needs a key: a service, which may charge. */
  readonly hasKey: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  /** Host of another server than the usual one, if chosen. */
  readonly host: string | undefined;
  /** Name of a folder for the vectors of these options, independent of keys and the pace of calls. */
  identity(dimensions: number): string;
  /** Length of the vectors, once `make` was called; undefined when only an answer can tell. */
  dimensions(): number | undefined;
  /** @throws ArgumentError for options that cannot be worked with. Nothing is sent. */
  make(purpose?: AdapterUse["purpose"]): ReturnType<LoadedAdapter<Kind>["create"]>;
}

/** Docsearch's own adapters, by their short names. */
export const SHORT_NAMES: Readonly<Record<AdapterKind, Readonly<Record<string, string>>>> = {
  embeddings: { openai: "@batchwise/openai#embeddings", cohere: "@batchwise/cohere#embeddings" },
  rerank: { cohere: "@batchwise/cohere#rerank" },
};

/** Folder from which docsearch's own adapters are loaded. */
export const OWN_FOLDER: string = import.meta.dirname;

/** Defaults of docsearch for its own adapters. */
const DEFAULTS: Readonly<Record<string, { readonly model: string; readonly addressIn: string }>> = {
  "@batchwise/openai#embeddings": { model: "text-embedding-3-small", addressIn: "OPENAI_BASE_URL" },
  "@batchwise/cohere#embeddings": { model: "embed-v4.0", addressIn: "CO_API_URL" },
  "@batchwise/cohere#rerank": { model: "rerank-v3.5", addressIn: "CO_API_URL" },
};

/**
 * Loads the adapter: docsearch's own by its short name, any other from the user's node_modules.
 *
 * @throws Error for an unknown adapter, options that are not JSON, or a missing key
 */
export async function resolveAdapter<Kind extends AdapterKind>(
  kind: Kind,
  choice: AdapterChoice,
  { environment, workingFolder, clock }: Sources,
): Promise<ResolvedAdapter<Kind>> {
  const { flag, adapter: wanted, dimensions } = choice;
  const short = Object.hasOwn(SHORT_NAMES[kind], wanted) ? SHORT_NAMES[kind][wanted] : undefined;
  const reference = short ?? wanted;
  if (!reference.includes("#")) throw unknownName(kind, flag);
  const from = short === undefined ? [workingFolder, OWN_FOLDER] : OWN_FOLDER;
  const loaded = await loadAdapter(reference, { kind, from });
  const { adapter } = loaded;
  const properties = propertiesOf(adapter.options);
  const lengthName = "outputDimension" in properties ? "outputDimension" : "dimensions";
  const given: Readonly<Record<string, unknown>> = {
    ...defaultOptions(reference, environment),
    ...readOptions(choice),
    ...(choice.model !== undefined && { model: choice.model }),
    ...(dimensions !== undefined && { [lengthName]: dimensions }),
  };
  const options: Readonly<Record<string, unknown>> = {
    ...keyFor(adapter.key, properties, given, `${flag} ${wanted}`, environment),
    ...given,
  };
  const { model } = withDefaults(options, properties);
  const named = typeof model === "string" ? [model] : [];
  return {
    reference,
    package: loaded.package,
    name: named[0] ?? reference,
    hasKey: adapter.key !== undefined,
    options,
    host: hostOf(options["baseURL"], properties["baseURL"]?.["default"]),
    identity: (length) => identityOf(loaded.package, adapter.name, ...named, length, digestOf(options, properties)),
    dimensions: () => wholeLength(adapter.dimensions?.(options) ?? dimensions),
    make: (purpose) =>
      loaded.create(options, { ...(purpose !== undefined && { purpose }), ...(clock !== undefined && { clock }) }),
  };
}

function defaultOptions(reference: string, environment: NodeJS.ProcessEnv): Readonly<Record<string, unknown>> {
  const defaults = Object.hasOwn(DEFAULTS, reference) ? DEFAULTS[reference] : undefined;
  if (defaults === undefined) return {};
  const baseURL = textOf(environment, defaults.addressIn);
  return { model: defaults.model, ...(baseURL !== undefined && { baseURL }) };
}

/** @throws Error without the text, which may hold a key */
function readOptions({ flag, options: json }: AdapterChoice): Readonly<Record<string, unknown>> {
  if (json === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(
    `Expected an object in JSON with ${flag}-options, such as '{"model": "small"}', got something else. ` +
      "Put it in single quotes.",
  );
}

/**
 * Key as the option `apiKey`. An adapter without that option reads the variable itself.
 *
 * @throws Error when it is needed and neither in the environment nor among the options
 */
function keyFor(
  variable: string | undefined,
  properties: Properties,
  given: Readonly<Record<string, unknown>>,
  flag: string,
  environment: NodeJS.ProcessEnv,
): Readonly<Record<string, unknown>> {
  if (variable === undefined || Object.keys(given).some((name) => isSecret(properties[name]))) return {};
  const apiKey = requireKey(environment, variable, flag);
  return "apiKey" in properties ? { apiKey } : {};
}

function unknownName(kind: AdapterKind, flag: string): Error {
  const names = [...(kind === "embeddings" ? ["local"] : []), ...Object.keys(SHORT_NAMES[kind])];
  return new Error(
    `Expected ${names.join(", ")} or <package>#<adapter> with ${flag}, got something else. ` +
      "--adapters lists what is installed.",
  );
}

function wholeLength(length: number | undefined): number | undefined {
  return Number.isSafeInteger(length) && (length ?? 0) > 0 ? length : undefined;
}
