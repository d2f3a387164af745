import OpenAI, { APIError } from "openai";
import { CHAT_MODEL, EMBEDDING_MODEL, type Server, type Vector } from "./contender.ts";

/** Client of the SDK, which retries a failed request twice by default. */
export function newClient({ baseURL, apiKey }: Server, maxRetries?: number): OpenAI {
  return new OpenAI({ baseURL, apiKey, ...(maxRetries !== undefined && { maxRetries }) });
}

/** Vectors of several texts, in one request. */
export async function embedTexts(client: OpenAI, texts: readonly string[], dimensions: number): Promise<Vector[]> {
  const { data } = await client.embeddings.create({ model: EMBEDDING_MODEL, input: texts as string[], dimensions });
  return data.map((row) => row.embedding);
}

/** Answer to one prompt, in one request. */
export async function answerPrompt(client: OpenAI, prompt: string): Promise<string> {
  const { choices } = await client.chat.completions.create({
    model: CHAT_MODEL,
    messages: [{ role: "user", content: prompt }],
  });
  return choices[0]?.message.content ?? "";
}

/** Tells whether a retry may help. Without a status there was no connection. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof APIError)) return false;
  const { status } = error as { readonly status: number | undefined };
  return status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
}
