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

/** What the user said of an adapter. */
export interface AdapterChoice {
  readonly flag: "--embed" | "--rerank";
  /** A short name, or `<package>#<adapter>`. */
  readonly adapter: string;
  /** The adapter's options, as JSON. */
  readonly options: string | undefined;
  /** The option `model`. It wins over `options`. */
  readonly model: string | undefined;
  /** The option for the length of vectors. It wins over `options`. */
  readonly dimensions?: number | undefined;
}

/** What adapters are loaded and made with. */
export interface Sources {
  /** Where the keys are. */
  readonly environment: NodeJS.ProcessEnv;
  /** In whose node_modules packages are looked for. */
  readonly workingFolder: string;
  /** Time, for tests. @default the machine's clock */
  readonly clock?: Clock | undefined;
}

/** What docsearch uses adapters for. */
export type AdapterKind = "embeddings" | "rerank";

/** An adapter with its options, before anything is made of it. */
export interface ChosenAdapter<Kind extends AdapterKind = AdapterKind> {
  /** `<package>#<adapter>` */
  readonly reference: string;
  readonly package: string;
  /** The model's name; the reference where the adapter has no model to choose. */
  readonly name: string;
  /** A key is needed, so it is a service, which may charge. */
  readonly hasKey: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  /** The host of another server than the usual one, where one was chosen. */
  readonly host: string | undefined;
  /** Names a folder for what these options make. Neither a key nor the pace of calls is part of it. */
  identity(dimensions: number): string;
  /** The length of the vectors of what `make` has made; undefined where only an answer can tell. */
  dimensions(): number | undefined;
  /** @throws ArgumentError for options that cannot be worked with. Nothing is sent. */
  make(purpose?: AdapterUse["purpose"]): ReturnType<LoadedAdapter<Kind>["create"]>;
}

/** Adapters that docsearch brings along, by the names that it has for them. */
export const SHORT_NAMES: Readonly<Record<AdapterKind, Readonly<Record<string, string>>>> = {
  embeddings: { openai: "@batchwise/openai#embeddings", cohere: "@batchwise/cohere#embeddings" },
  rerank: { cohere: "@batchwise/cohere#rerank" },
};

/** Where those lie. */
export const OWN_FOLDER: string = import.meta.dirname;

/** What docsearch chooses for some adapters unless the user does. */
const USUAL: Readonly<Record<string, { readonly model: string; readonly addressIn: string }>> = {
  "@batchwise/openai#embeddings": { model: "text-embedding-3-small", addressIn: "OPENAI_BASE_URL" },
  "@batchwise/cohere#embeddings": { model: "embed-v4.0", addressIn: "CO_API_URL" },
  "@batchwise/cohere#rerank": { model: "rerank-v3.5", addressIn: "CO_API_URL" },
};

/**
 * Loads the adapter: one that docsearch brings along by its short name, any other from the user's node_modules.
 *
 * @throws Error for a name that leads to no such adapter, options that are no JSON, or a missing key
 */
export async function chooseAdapter<Kind extends AdapterKind>(
  kind: Kind,
  choice: AdapterChoice,
  { environment, workingFolder, clock }: Sources,
): Promise<ChosenAdapter<Kind>> {
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
    ...usualOptions(reference, environment),
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
    dimensions: () => wholeOrNothing(adapter.dimensions?.(options) ?? dimensions),
    make: (purpose) =>
      loaded.create(options, { ...(purpose !== undefined && { purpose }), ...(clock !== undefined && { clock }) }),
  };
}

function usualOptions(reference: string, environment: NodeJS.ProcessEnv): Readonly<Record<string, unknown>> {
  const usual = Object.hasOwn(USUAL, reference) ? USUAL[reference] : undefined;
  if (usual === undefined) return {};
  const baseURL = textOf(environment, usual.addressIn);
  return { model: usual.model, ...(baseURL !== undefined && { baseURL }) };
}

/** @throws Error, without the text: a key may be in it */
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
    `Expected an object in JSON with ${flag}-options, such as '{"model": "small"}', came something else. ` +
      "Put it in single quotes.",
  );
}

/**
 * The key, as the option `apiKey` where there is one. One that has no such option reads the variable itself.
 *
 * @throws Error where it is needed, and neither there nor among the options
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
    `Expected ${names.join(", ")} or <package>#<adapter> with ${flag}, came something else. ` +
      "--adapters lists what is installed.",
  );
}

function wholeOrNothing(length: number | undefined): number | undefined {
  return Number.isSafeInteger(length) && (length ?? 0) > 0 ? length : undefined;
}
