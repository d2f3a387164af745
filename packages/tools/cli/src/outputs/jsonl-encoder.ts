import type { Encoder } from "./encoder.ts";
import { jsonOf } from "./json.ts";
import { type Outcome, type Row, toldError } from "./row.ts";

/** A line of JSON for each row: `{"index":0,"output":...}` or `{"index":0,"error":{...}}`, and what is kept. */
export class JsonlEncoder implements Encoder {
  row({ index, kept, outcome }: Row): string {
    const fields = jsonOf(kept).slice(1, -1);
    const rest = fields === "" ? "}\n" : `,${fields}}\n`;
    return `{"index":${index},${told(outcome)}${rest}`;
  }

  end(): undefined {
    return undefined;
  }
}

/** How a line begins that this encoder has written. */
export const LINE_BEGINNING: RegExp = /^\{"index":(\d+),"(output|error)":/;

function told(outcome: Outcome): string {
  if ("error" in outcome) return `"error":${jsonOf(toldError(outcome.error))}`;
  return `"output":${jsonOf(outcome.output)}`;
}
