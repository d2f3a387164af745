import { createOpenAI } from "@ai-sdk/openai";
import { OpenAIEmbeddings } from "@batchwise/openai";
import { OpenAIEmbeddings as LangChainEmbeddings } from "@langchain/openai";
import { embedMany } from "ai";
import OpenAI from "openai";
import { EMBEDDING_MODEL, type Vector } from "../provider/contenders/contender.ts";
import type { Body } from "./body.ts";
import { FLOOR, OURS } from "./names.ts";

/** Way from a response's body to its vectors. */
export interface Decoder {
  /** Name in the table; unique. */
  readonly name: string;
  /** npm package whose version the table shows; undefined for the floor. */
  readonly package: string | undefined;
  /** Makes one call, whose response is available at once. */
  readonly decode: () => Promise<readonly Vector[]>;
}

/** The floor, Batchwise and its peers, all over the same vectors: the SDKs through a `fetch` that returns the body. */
export function decodersOf(body: Body): readonly Decoder[] {
  const texts = body.vectors.map((_, index) => `text ${index}`);
  const connection = { apiKey: "bench", baseURL: "http://127.0.0.1/v1" };
  const model = EMBEDDING_MODEL;
  const embeddings = new OpenAIEmbeddings({ model, ...connection, fetch: returning(body.base64) });
  const client = new OpenAI({ ...connection, fetch: returning(body.base64) });
  const langchain = new LangChainEmbeddings({
    model,
    apiKey: connection.apiKey,
    batchSize: texts.length,
    configuration: { baseURL: connection.baseURL, fetch: returning(body.base64) },
  });
  const aiSdk = createOpenAI({ ...connection, fetch: returning(body.decimals) }).embedding(model);
  return [
    { name: FLOOR, package: undefined, decode: async () => decodeByHand(body) },
    {
      name: OURS,
      package: "@batchwise/openai",
      decode: async () => (await embeddings.invokeMany(texts)).map(vectorOf),
    },
    {
      name: "openai embeddings.create",
      package: "openai",
      decode: async () => (await client.embeddings.create({ model, input: texts })).data.map((row) => row.embedding),
    },
    {
      name: "LangChain embedDocuments",
      package: "@langchain/openai",
      decode: () => langchain.embedDocuments(texts),
    },
    {
      name: "AI SDK embedMany, from decimals",
      package: "ai",
      decode: async () => (await embedMany({ model: aiSdk, values: texts })).embeddings,
    },
  ];
}

function vectorOf(outcome: Float32Array | Error): Float32Array {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

/** Does the minimum: parses the body, and decodes each vector from its known offset. */
export function decodeByHand({ base64, offsets, characters, vectors }: Body): readonly Float32Array[] {
  const text = Buffer.from(base64.buffer).toString("latin1");
  JSON.parse(text);
  const dimensions = vectors[0]?.length ?? 0;
  const all = new Float32Array(offsets.length * dimensions);
  const bytes = Buffer.from(all.buffer);
  for (const [row, offset] of offsets.entries()) {
    bytes.write(text.slice(offset, offset + characters), row * dimensions * all.BYTES_PER_ELEMENT, "base64");
  }
  return offsets.map((_, row) => all.subarray(row * dimensions, (row + 1) * dimensions));
}

/** Bytes that a socket delivers at once. */
const PIECE_BYTES = 65_536;

/** A `fetch` whose response is available at once: in pieces, as from a network, and without a copy. */
function returning(bytes: Uint8Array<ArrayBuffer>): typeof fetch {
  return async () => {
    let given = 0;
    const stream = new ReadableStream({
      pull(controller) {
        if (given === bytes.length) controller.close();
        else controller.enqueue(bytes.subarray(given, (given = Math.min(bytes.length, given + PIECE_BYTES))));
      },
    });
    return new Response(stream, { headers: { "content-type": "application/json" } });
  };
}
