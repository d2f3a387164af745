import { ArgumentError } from "./errors.ts";
import { show } from "./kind-of.ts";
import { CONTRACT_VERSION, RUNNABLE } from "./marks.ts";

/**
 * A Runnable that was made by this contract, as it is.
 *
 * @throws ArgumentError for one of another copy of core whose contract is another
 */
export function requireVersion<Made extends object>(runnable: Made): Made {
  const version = (runnable as { readonly [RUNNABLE]?: unknown })[RUNNABLE];
  if (version === CONTRACT_VERSION) return runnable;
  throw new ArgumentError(
    `Expected a Runnable of contract version ${CONTRACT_VERSION}, got version ${show(version)}. Install one @batchwise/core for all packages; \`npm ls @batchwise/core\` shows the copies.`,
  );
}
