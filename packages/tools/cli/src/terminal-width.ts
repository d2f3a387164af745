import type { Writable } from "node:stream";

/** Width of a terminal, as a count of columns; undefined for a stream that is none. */
export function widthOf(stream: Writable): number | undefined {
  const { columns } = stream as { readonly columns?: unknown };
  return typeof columns === "number" && columns > 0 ? columns : undefined;
}
