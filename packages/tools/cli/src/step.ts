import type { Item } from "./inputs/items.ts";

/** Step of a run: one input, and what is left to do for it. */
export interface Step {
  readonly item: Item;
  /** Line in the output of an earlier run, with the newline. */
  readonly line?: string;
  /** True where the line stays as it is. */
  readonly isDone: boolean;
}

/** True where the input is sent to the adapter. */
export function isSent({ item, isDone }: Step): boolean {
  return !isDone && "input" in item.content;
}
