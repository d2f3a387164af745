import type { Buffer } from "node:buffer";

import { BodyWriter } from "../content/body-writer.ts";
import { quantize } from "../content/quantize.ts";
import { vectorJson } from "../content/vector-json.ts";
import { vectorOf } from "../content/vectors.ts";
import { answeredBy, arrangeRows, type Row } from "../faults/arrange-rows.ts";
import type { Call, Route } from "../server/route.ts";
import { cohere } from "./dialect.ts";
import { type EmbedRequest, readEmbedRequest } from "./embed-request.ts";
import { requestId } from "./errors.ts";
import { withMeta } from "./request.ts";

/** `POST /v2/embed` */
export const embed: Route = {
  dialect: cohere,
  method: "POST",
  path: "/v2/embed",
  limits: ["requests", "inputs"],
  poolName: () => "embed",
  async plan(call) {
    const request = await readEmbedRequest(call);
    const { texts, kind, tokens } = request;
    return {
      inputs: texts,
      tokens,
      nameInput: (position) => `${kind}[${position}]`,
      async answer() {
        const shape = { indexed: false, vectors: true };
        const { rows, faults } = arrangeRows(texts.length, shape, call.settings.faults, call.dice);
        return {
          body: await write(call, request, rows),
          headers: { num_tokens: String(tokens), num_chars: String(texts.reduce((sum, text) => sum + text.length, 0)) },
          answered: answeredBy(rows),
          faults,
        };
      },
    };
  },
};

async function write(call: Call, request: EmbedRequest, rows: readonly Row[]): Promise<Buffer> {
  const { model, texts, kind, types, dimensions, tokens } = request;
  const writer = new BodyWriter(rows.length * dimensions * 13 * types.length + 4096);
  writer.ascii(`{"id":"${requestId(call.id)}","embeddings":{`);
  for (const [at, type] of types.entries()) {
    writer.ascii(`${at === 0 ? "" : ","}"${type}":[`);
    for (const [place, row] of rows.entries()) {
      if (place > 0) writer.ascii(",");
      const text = texts[row.source] as string;
      if (type === "float" || type === "base64") writer.bytes(vectorJson(text, dimensions, type, row.flaw));
      else writer.ascii(`[${quantize(vectorOf(text, dimensions), type).join(",")}]`);
      await call.pace.rest();
    }
    writer.ascii("]");
  }
  writer.ascii("},");
  const tail = {
    ...(kind === "texts" ? { texts: texts.map((text) => echoText(text, model)) } : {}),
    ...withMeta(call, kind === "images" ? { images: texts.length } : { input_tokens: tokens }),
    response_type: "embeddings_by_type",
  };
  writer.utf8(JSON.stringify(tail).slice(1));
  return writer.finish();
}

/** Text as the model sends it back: v3-light in lower case, so that results must be matched by position. */
function echoText(text: string, model: string): string {
  return model.includes("light-v3") ? text.toLowerCase() : text;
}
