import type { Encoder } from "./encoder.ts";
import { jsonOf } from "./json.ts";
import { type Outcome, type Row, reportedError } from "./row.ts";

/** Encoder of a line of JSON for each row: `{"index":0,"output":...}` or `{"index":0,"error":{...}}`, and kept fields. */
export class JsonlEncoder implements Encoder {
  row({ index, kept, outcome }: Row): string {
    const fields = jsonOf(kept).slice(1, -1);
    const rest = fields === "" ? "}\n" : `,${fields}}\n`;
    return `{"index":${index},${textOf(outcome)}${rest}`;
  }

  end(): undefined {
    return undefined;
  }
}

/** Beginning of a line of this encoder. */
export const LINE_BEGINNING: RegExp = /^\{"index":(\d+),"(output|error)":/;

function textOf(outcome: Outcome): string {
  if ("error" in outcome) return `"error":${jsonOf(reportedError(outcome.error))}`;
  return `"output":${jsonOf(outcome.output)}`;
}
