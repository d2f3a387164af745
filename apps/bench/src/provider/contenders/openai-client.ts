import OpenAI, { APIError } from "openai";
import { CHAT_MODEL, EMBEDDING_MODEL, type Server, type Vector } from "./contender.ts";

/** The SDK's client; it tries a failed request twice more unless told otherwise. */
export function newClient({ baseURL, apiKey }: Server, maxRetries?: number): OpenAI {
  return new OpenAI({ baseURL, apiKey, ...(maxRetries !== undefined && { maxRetries }) });
}

/** One request: the vectors of some texts. */
export async function embedTexts(client: OpenAI, texts: readonly string[], dimensions: number): Promise<Vector[]> {
  const { data } = await client.embeddings.create({ model: EMBEDDING_MODEL, input: texts as string[], dimensions });
  return data.map((row) => row.embedding);
}

/** One request: the answer to one prompt. */
export async function answerPrompt(client: OpenAI, prompt: string): Promise<string> {
  const { choices } = await client.chat.completions.create({
    model: CHAT_MODEL,
    messages: [{ role: "user", content: prompt }],
  });
  return choices[0]?.message.content ?? "";
}

/** Whether trying again may help: no status is no connection. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof APIError)) return false;
  const { status } = error as { readonly status: number | undefined };
  return status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
}
