import type { JobLine } from "@batchwise/core";

/** Bytes that are gathered before they are a piece of the file. */
const ROOM = 256 * 1024;

/** Lines of a job as a file of their bytes. No text of it is in memory besides the line that is written. */
export function fileOf(lines: readonly JobLine[], tag: string): File {
  const pieces: Blob[] = [];
  const room = new Uint8Array(ROOM);
  const encoder = new TextEncoder();
  let used = 0;
  for (const line of lines) {
    let rest = `${line.text}\n`;
    while (rest !== "") {
      const { read, written } = encoder.encodeInto(rest, room.subarray(used));
      used += written;
      rest = rest.slice(read);
      if (rest === "") break;
      // The blob has a copy.
      pieces.push(new Blob([room.subarray(0, used)]));
      used = 0;
    }
  }
  pieces.push(new Blob([room.subarray(0, used)]));
  return new File(pieces, `${tag.replaceAll(/[^\w.-]/g, "_")}.jsonl`, { type: "application/jsonl" });
}
