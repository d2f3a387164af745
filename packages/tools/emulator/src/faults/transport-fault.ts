import type { Dice } from "../dice.ts";
import type { Faults } from "../options.ts";

/** Fault of a whole answer. */
export type TransportFault = "reset" | "htmlError" | "serverError" | "cutBody" | "slowBody";

/** Order of precedence: a request gets at most one of them. */
const ORDER: readonly TransportFault[] = ["reset", "htmlError", "serverError", "cutBody", "slowBody"];

/** Fault of the request with these dice, if any. */
export function transportFault(faults: Faults, dice: Dice): TransportFault | undefined {
  return ORDER.find((fault) => dice.roll(fault) < (faults[`${fault}Rate`] ?? 0));
}
