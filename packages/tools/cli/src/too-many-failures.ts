import { counted } from "@batchwise/terminal";
import type { Stats } from "./stats.ts";

/** End of a run by `maxFailures`. */
export class TooManyFailures extends Error {
  constructor({ failed, failures }: Stats) {
    const [code] = Object.entries(failures).toSorted(([, one], [, other]) => other - one)[0] ?? [];
    super(
      `Expected fewer failures than --max-failures, got ${counted(failed, "failed input")}, most of them ${code}. ` +
        "Their rows say why. --resume continues, and --retry-failed sends them again, too.",
    );
  }
}
