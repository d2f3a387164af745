import type { Law } from "../law.ts";
import { l01 } from "./l01-count.ts";
import { l02 } from "./l02-order.ts";
import { l03 } from "./l03-nothing.ts";
import { l04 } from "./l04-alone.ts";
import { l05 } from "./l05-equal-inputs.ts";
import { l06 } from "./l06-siblings.ts";
import { l07 } from "./l07-abort.ts";
import { l08 } from "./l08-cap.ts";
import { l09 } from "./l09-inputs.ts";
import { l10 } from "./l10-override.ts";
import { l11 } from "./l11-lazy.ts";
import { l12 } from "./l12-fail-fast.ts";
import { l13 } from "./l13-responses.ts";
import { l14 } from "./l14-undefined.ts";
import { l15 } from "./l15-signal.ts";
import { l16 } from "./l16-tries.ts";
import { l17 } from "./l17-quotes.ts";
import { l18 } from "./l18-usage.ts";

/** Laws of a Runnable, L1 to L18. */
export const laws: readonly Law[] = [
  l01,
  l02,
  l03,
  l04,
  l05,
  l06,
  l07,
  l08,
  l09,
  l10,
  l11,
  l12,
  l13,
  l14,
  l15,
  l16,
  l17,
  l18,
];
