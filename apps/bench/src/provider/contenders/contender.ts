import type { GridName, Limits } from "../workload.ts";

/** Emulator, as a contender sees it, with its limits. */
export interface Server {
  /** Ends with `/v1`. */
  readonly baseURL: string;
  readonly apiKey: string;
  /** Numbers in a vector. */
  readonly dimensions: number;
  readonly limits: Limits;
}

/** Settings with which a caller makes a contender fast. A field that is left out keeps the contender's default. */
export interface Setting {
  /** Requests in flight at once. */
  readonly concurrency?: number;
  /** Texts in a request. */
  readonly size?: number;
  /** Retries of a failed request. */
  readonly retries?: number;
  /** Share of the provider's limits to use, for contenders that pace themselves and so need the limits. */
  readonly share?: number;
}

/** Vector of any kind. */
export type Vector = ArrayLike<number>;

/** Outcome of each input, in order: its output, or an Error. */
export type Outcomes<Output> = readonly (Output | Error)[];

/** Way to send many inputs to a provider. */
export interface ProviderContender {
  /** npm package whose version the table shows. */
  readonly package: string;
  /** Inputs that are lost with a text that the provider refuses. */
  readonly refusedTextLoses: "itself" | "its request" | "everything";
  /** Settings that the sweep tries for each kind of work. Batchwise has none: it is measured as it comes. */
  readonly grids?: Grids;
  /** Rejects when the contender fails as a whole. */
  readonly embed: (texts: readonly string[], server: Server, setting: Setting) => Promise<Outcomes<Vector>>;
  readonly chat: (prompts: readonly string[], server: Server, setting: Setting) => Promise<Outcomes<string>>;
}

/** Settings that the sweep tries, for the kinds of work that a contender is measured with. */
export type Grids = { readonly [Name in GridName]?: readonly Setting[] };

/** Names of the models on the wire. */
export const EMBEDDING_MODEL = "text-embedding-3-small";
export const CHAT_MODEL = "gpt-5-mini";

/** Every combination of the given values. */
export function gridOf(values: { readonly [Name in keyof Setting]?: readonly number[] }): readonly Setting[] {
  return Object.entries(values).reduce<readonly Setting[]>(
    (settings, [name, all]) => settings.flatMap((setting) => all.map((value) => ({ ...setting, [name]: value }))),
    [{}],
  );
}
