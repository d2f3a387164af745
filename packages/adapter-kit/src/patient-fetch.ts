type Fetch = typeof globalThis.fetch;

/** Part of the package `undici` that is used. */
interface Undici {
  readonly fetch: Fetch;
  readonly Agent: new (options: { readonly headersTimeout: number; readonly bodyTimeout: number }) => object;
}

/**
 * The runtime's own `fetch`; where that is Node's, whose limit of 300 s for headers and between pieces of a body no option
 * lifts, the one of the package `undici` without it, if it is installed. A `fetch` or a global dispatcher that a program has
 * put in the place of Node's is used as it is.
 *
 * Source: https://github.com/openai/openai-node/issues/2153, checked 2026-11-24.
 */
export const patientFetch: Fetch = patientFetchOf(() => import(/* @vite-ignore */ NAME) as Promise<Undici>);

/** Not written where it is imported, so that no bundler looks for a package that need not be there. */
const NAME: string = "undici";

/** @internal for its test, and `patientFetch` */
export function patientFetchOf(load: () => Promise<Undici>): Fetch {
  let patient: Promise<Fetch | undefined> | undefined;
  return async (input, init) => {
    const { fetch } = globalThis;
    // What is no text, such as a form, has to be of undici's own classes.
    const mayChange = isNodes(fetch) && !hasDispatcher() && typeof init?.body === "string";
    patient ??= mayChange ? load().then(withoutLimits, () => undefined) : undefined;
    return ((mayChange ? await patient : undefined) ?? fetch)(input, init);
  };
}

function withoutLimits({ fetch, Agent }: Undici): Fetch {
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return (input, init) => fetch(input, { ...init, dispatcher } as RequestInit);
}

/** Tells Node's own function by its source: what a program or its instrumentation puts in its place is another. */
function isNodes(fetch: Fetch): boolean {
  return String(fetch).includes("internal/deps/undici");
}

/** Tells whether a program has set a dispatcher such as a proxy's. */
function hasDispatcher(): boolean {
  const set = (globalThis as { readonly [name: symbol]: object | undefined })[Symbol.for("undici.globalDispatcher.1")];
  return set !== undefined && set.constructor.name !== "Agent";
}
