import type { Limits } from "../workload.ts";

/** The emulator as a contender sees it, and what its page of limits would say. */
export interface Server {
  /** With `/v1` at its end. */
  readonly baseURL: string;
  readonly apiKey: string;
  /** Numbers in a vector. */
  readonly dimensions: number;
  readonly limits: Limits;
}

/** What a caller turns to make a contender fast. A field that is left out stays as the contender comes. */
export interface Setting {
  /** Requests in flight at once. */
  readonly concurrency?: number;
  /** Texts in a request. */
  readonly size?: number;
  /** Times that a failed request is tried again. */
  readonly retries?: number;
  /** Part of the provider's limits that is used, by those who pace themselves and so have to be told them. */
  readonly share?: number;
}

/** A vector, whatever it is made of. */
export type Vector = ArrayLike<number>;

/** What became of each input, in order: its output, or an Error. */
export type Outcomes<Output> = readonly (Output | Error)[];

/** A way to get many inputs through a provider. */
export interface ProviderContender {
  /** The npm package whose version the table shows. */
  readonly package: string;
  /** What goes down with a text that the provider refuses. */
  readonly refusedTextLoses: "itself" | "its request" | "everything";
  /** What the sweep tries for each kind of work. Batchwise has none: it is measured as it comes. */
  readonly grids?: Grids;
  /** Rejects when the contender gives nothing at all, its own way of failing. */
  readonly embed: (texts: readonly string[], server: Server, setting: Setting) => Promise<Outcomes<Vector>>;
  readonly chat: (prompts: readonly string[], server: Server, setting: Setting) => Promise<Outcomes<string>>;
}

/** The settings that the sweep tries: `faulty` where texts are refused, `embed` for other texts, `chat` for prompts. */
export interface Grids {
  readonly embed: readonly Setting[];
  readonly faulty: readonly Setting[];
  readonly chat: readonly Setting[];
}

/** The models whose names go over the wire; the emulator has no other. */
export const EMBEDDING_MODEL = "text-embedding-3-small";
export const CHAT_MODEL = "gpt-5-mini";

/** Every combination of the given values. */
export function gridOf(values: { readonly [Name in keyof Setting]?: readonly number[] }): readonly Setting[] {
  return Object.entries(values).reduce<readonly Setting[]>(
    (settings, [name, all]) => settings.flatMap((setting) => all.map((value) => ({ ...setting, [name]: value }))),
    [{}],
  );
}
