import { isBuiltin } from "node:module";
import { ScaffoldError } from "./scaffold-error.ts";

/** `bulk`: many inputs in one request. `concurrent`: one request an input. `both`: a Runnable of each kind. */
export type Strategy = (typeof STRATEGIES)[number];

/** All strategies, the default one first. */
export const STRATEGIES = ["bulk", "concurrent", "both"] as const;

/** Kind of a request for one input. `chat`: a text to a generated text. `rerank`: a query and documents to scores. */
export type Kind = (typeof KINDS)[number];

/** All kinds, the default one first. */
export const KINDS = ["chat", "rerank"] as const;

/** Options of a new package. */
export interface ScaffoldOptions {
  /** The package's name on npm, with or without a scope. Class names come from it: `batchwise-acme-ai` gives `AcmeAi`. */
  readonly name: string;
  /** @default "bulk"; "concurrent" where a kind is given */
  readonly strategy?: Strategy;
  /** Kind of a request for one input. Not for the strategy "bulk", which has embeddings. @default "chat" */
  readonly kind?: Kind;
  /** The package's folder. @default the name without its scope, in the current folder */
  readonly dir?: string;
  /** The API's address. @default `https://api.<provider>.example/v1` */
  readonly baseURL?: string;
  /** The environment variable that holds the key. @default `<PROVIDER>_API_KEY` */
  readonly keyVariable?: string;
  /** Inputs in one bulk request. A whole number from 1. @default 96 */
  readonly maxInputs?: number;
  /** Requests in flight at once, at most. A whole number from 1. @default 5 */
  readonly maxConcurrency?: number;
  /** Requests a minute. A whole number from 1. @default what responses tell */
  readonly requestsPerMinute?: number;
  /** Tokens a minute. A whole number from 1. @default what responses tell */
  readonly tokensPerMinute?: number;
  /** Name in the license and package.json. @default `The <package> contributors` */
  readonly author?: string;
  /** Writes into a folder that is not empty: files of the same names are replaced, others stay. @default false */
  readonly force?: boolean;
}

/** For each option that has to look a certain way: why a text cannot be it, or undefined where it can. */
export const problems = {
  name: (text: string): string | undefined => {
    if (!/^(@[a-z\d][a-z\d._-]*\/)?[a-z\d][a-z\d._-]*$/.test(text)) {
      return "npm takes lower-case letters, digits, dots, hyphens and underscores, after a scope or without one: my-provider, @me/my-provider.";
    }
    if (text.length > 214) return "npm takes at most 214 characters.";
    if (isBuiltin(text) || RESERVED.has(text))
      return "npm keeps this name for itself. Add a word: batchwise-my-provider.";
    return undefined;
  },
  strategy: (text: string): string | undefined =>
    STRATEGIES.some((each) => each === text) ? undefined : `Give one of ${STRATEGIES.join(", ")}.`,
  kind: (text: string): string | undefined =>
    KINDS.some((each) => each === text) ? undefined : `Give one of ${KINDS.join(", ")}.`,
  baseURL: (text: string): string | undefined =>
    URL.canParse(text) && /^https?:/.test(text) ? undefined : "Give a URL that begins with https:// or http://.",
  keyVariable: (text: string): string | undefined =>
    /^[A-Z_][A-Z\d_]*$/.test(text) ? undefined : "Give capital letters, digits and underscores: MY_PROVIDER_API_KEY.",
  count: (text: string): string | undefined =>
    /^[1-9]\d{0,14}$/.test(text) ? undefined : "Give a whole number from 1, such as 96.",
  author: (text: string): string | undefined =>
    /^[^\r\n]*\S[^\r\n]*$/.test(text) ? undefined : "Give a name, on one line.",
};

const RESERVED: ReadonlySet<string> = new Set(["node_modules", "favicon.ico"]);

/** The Runnables of a new package, by the names of their files. */
export function runnablesOf({ strategy, kind }: Pick<ScaffoldOptions, "strategy" | "kind">): ReadonlySet<string> {
  const bulk = strategy === undefined ? kind === undefined : strategy !== "concurrent";
  return new Set([...(bulk ? ["embeddings"] : []), ...(!bulk || strategy === "both" ? [kind ?? KINDS[0]] : [])]);
}

/** @throws ScaffoldError for the first option that cannot be worked with */
export function checkOptions(options: ScaffoldOptions): void {
  const check = (name: keyof ScaffoldOptions, problem: (text: string) => string | undefined): void => {
    const value = options[name];
    const advice = value === undefined ? undefined : problem(String(value));
    if (advice !== undefined)
      throw new ScaffoldError(`Expected another value for the ${WORDS[name]}, got ${JSON.stringify(value)}. ${advice}`);
  };
  check("name", problems.name);
  check("strategy", problems.strategy);
  check(
    "kind",
    options.strategy === "bulk" ? () => "Bulk embeds: leave it out, or give another strategy." : problems.kind,
  );
  check("baseURL", problems.baseURL);
  check("keyVariable", problems.keyVariable);
  check("maxInputs", problems.count);
  check("maxConcurrency", problems.count);
  check("requestsPerMinute", problems.count);
  check("tokensPerMinute", problems.count);
  check("author", problems.author);
}

const WORDS: Readonly<Record<keyof ScaffoldOptions, string>> = {
  name: "package's name",
  strategy: "strategy",
  kind: "kind of a request",
  dir: "folder",
  baseURL: "base URL",
  keyVariable: "key's variable",
  maxInputs: "inputs in one request",
  maxConcurrency: "requests in flight",
  requestsPerMinute: "requests a minute",
  tokensPerMinute: "tokens a minute",
  author: "author",
  force: "wish to overwrite",
};
