/** End of a promise. */
export type Attempt<T> =
  | { readonly status: "fulfilled"; readonly value: T }
  | { readonly status: "rejected"; readonly reason: unknown };

/** Watches a promise, and takes its rejection as seen. */
export function follow<T>(promise: Promise<T>): { readonly ended: Attempt<T> | undefined } {
  const state: { ended: Attempt<T> | undefined } = { ended: undefined };
  void (async () => {
    try {
      state.ended = { status: "fulfilled", value: await promise };
    } catch (reason) {
      state.ended = { status: "rejected", reason };
    }
  })();
  return state;
}
