import { base64Of } from "./base64.ts";
import type { Encoder } from "./encoder.ts";
import { jsonOf } from "./json.ts";
import { type Outcome, type Row, reportedError } from "./row.ts";
import type { VectorForm } from "./vector-form.ts";

/** Encoder of a line of JSON for each row: `{"index":0,"output":...}` or `{"index":0,"error":{...}}`, and kept fields. */
export class JsonlEncoder implements Encoder {
  readonly #vectors: VectorForm;

  constructor(vectors: VectorForm = "numbers") {
    this.#vectors = vectors;
  }

  row({ index, kept, outcome }: Row): string {
    const fields = jsonOf(kept).slice(1, -1);
    const rest = fields === "" ? "}\n" : `,${fields}}\n`;
    return `{"index":${index},${this.#textOf(outcome)}${rest}`;
  }

  end(): undefined {
    return undefined;
  }

  #textOf(outcome: Outcome): string {
    if ("error" in outcome) return `"error":${jsonOf(reportedError(outcome.error))}`;
    const { output } = outcome;
    if (this.#vectors === "base64" && output instanceof Float32Array) return `"output":"${base64Of(output)}"`;
    return `"output":${jsonOf(output)}`;
  }
}

/** Beginning of a line of this encoder. */
export const LINE_BEGINNING: RegExp = /^\{"index":(\d+),"(output|error)":/;
