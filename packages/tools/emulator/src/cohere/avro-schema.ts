import type { Schema as AnySchema } from "avsc";

/** Schema with nested unions, which the package's types leave out. */
type Schema = AnySchema | readonly Schema[];

/** Schema of a row of a batch's output. */
export function rowSchema(type: string): AnySchema {
  const body = type.startsWith("batch-embed") ? EMBED : CHAT;
  return record("Row", {
    custom_id: "string",
    body: ["null", body],
    error: ["null", record("Failure", { status_code: "int", message: "string" })],
  });
}

const INTEGERS: AnySchema = { type: "array", items: { type: "array", items: "int" } };

const EMBED: AnySchema = record("EmbedResponse", {
  id: "string",
  embeddings: record("Embeddings", {
    float: ["null", { type: "array", items: { type: "array", items: "float" } }],
    base64: ["null", { type: "array", items: "string" }],
    int8: ["null", INTEGERS],
    uint8: ["null", INTEGERS],
    binary: ["null", INTEGERS],
    ubinary: ["null", INTEGERS],
  }),
  texts: ["null", { type: "array", items: "string" }],
  meta: [
    "null",
    record("Meta", {
      api_version: record("ApiVersion", { version: "string" }),
      billed_units: record("EmbedUnits", { input_tokens: "double" }),
    }),
  ],
  response_type: "string",
});

const CHAT: AnySchema = record("ChatResponse", {
  id: "string",
  finish_reason: "string",
  message: record("Message", {
    role: "string",
    content: { type: "array", items: record("Content", { type: "string", text: "string" }) },
  }),
  usage: [
    "null",
    record("Usage", {
      billed_units: record("BilledUnits", { input_tokens: "double", output_tokens: "double" }),
      tokens: record("Tokens", { input_tokens: "double", output_tokens: "double" }),
    }),
  ],
});

function record(name: string, fields: Readonly<Record<string, Schema>>): AnySchema {
  const list = Object.entries(fields).map(([field, type]) => ({ name: field, type: type as AnySchema }));
  return { type: "record", name, fields: list };
}
