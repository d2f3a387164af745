import type { Item } from "./inputs/items.ts";

/** Step of a run: one input, and what is left to do for it. */
export interface Step {
  readonly item: Item;
  /** True where an earlier run's row stays as it is. */
  readonly isDone: boolean;
  /** True where an earlier run's row has an error, and is done again. */
  readonly isAgain: boolean;
}
