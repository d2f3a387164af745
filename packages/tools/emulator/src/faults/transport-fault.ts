import type { Dice } from "../dice.ts";
import type { Faults } from "../options.ts";

/** What can happen to a whole answer. */
export type TransportFault = "reset" | "htmlError" | "serverError" | "cutBody" | "slowBody";

/** In this order: of several that would befall one request, the first does. */
const ORDER: readonly TransportFault[] = ["reset", "htmlError", "serverError", "cutBody", "slowBody"];

/** What happens to the answer of the request whose dice these are. */
export function transportFault(faults: Faults, dice: Dice): TransportFault | undefined {
  return ORDER.find((fault) => dice.roll(fault) < (faults[`${fault}Rate`] ?? 0));
}
