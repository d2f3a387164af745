import type { Writable } from "node:stream";
import wrapAnsi from "wrap-ansi";

/** Width of a terminal, as a count of columns; undefined for a stream that is none. */
export function widthOf(stream: Writable): number | undefined {
  const { columns } = stream as { readonly columns?: unknown };
  return typeof columns === "number" && columns > 0 ? columns : undefined;
}

/** Lines that break between words where a terminal is too narrow; as they are for a stream that is none. */
export function wrapped(lines: string, stream: Writable): string {
  return wrapAnsi(lines, widthOf(stream) ?? Infinity, { trim: false });
}
