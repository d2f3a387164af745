import Table from "cli-table3";
import type { Console } from "./console.ts";

/** Content of a table. */
export interface TableContent {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Alignment of all columns but the first, which is left-aligned. */
  readonly align: "left" | "right";
}

/** Prints a table without lines. */
export function printTable(console: Console, { head, rows, align }: TableContent): void {
  const none = {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
  };
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? "left" : align)),
    chars: {
      ...none,
      "bottom-right": "",
      left: "  ",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: "  ",
    },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows.map((row) => [...row]));
  for (const line of table.toString().split("\n")) if (line.trim() !== "") console.result(line.trimEnd());
}
