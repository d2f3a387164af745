import type { Item } from "./inputs/items.ts";

/** What is to be done about one input. */
export interface Step {
  readonly item: Item;
  /** Its line in the output of an earlier run, with the newline. */
  readonly line?: string;
  /** Whether the line stays as it is. */
  readonly isDone: boolean;
}

/** Whether the adapter is asked. */
export function isSent({ item, isDone }: Step): boolean {
  return !isDone && "input" in item.content;
}
