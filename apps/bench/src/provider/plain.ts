import { CHAT_MODEL, EMBEDDING_MODEL, type Vector } from "./contenders/contender.ts";
import { chunksOf } from "./contenders/chunks.ts";

const PROMPTS_AT_ONCE = 16;

/** Vectors by plain `fetch`, one request after another: the expected ones of every contender. */
export async function embedPlainly(
  baseURL: string,
  texts: readonly string[],
  dimensions: number,
): Promise<readonly Vector[]> {
  const vectors: Vector[] = [];
  for (const input of chunksOf(texts)) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const { data } = await post<{ readonly data: readonly Row[] }>(`${baseURL}/embeddings`, {
      model: EMBEDDING_MODEL,
      input,
      dimensions,
      encoding_format: "base64",
    });
    for (const row of data)
      vectors.push(new Float32Array(Uint8Array.from(Buffer.from(row.embedding, "base64")).buffer));
  }
  return vectors;
}

/** Answers by plain `fetch`, a few requests at a time. */
export async function answerPlainly(baseURL: string, prompts: readonly string[]): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const chunk of chunksOf(prompts, PROMPTS_AT_ONCE)) {
    // oxlint-disable-next-line no-await-in-loop -- a few at a time
    answers.push(...(await Promise.all(chunk.map((prompt) => answerOne(baseURL, prompt)))));
  }
  return answers;
}

async function answerOne(baseURL: string, content: string): Promise<string> {
  const { choices } = await post<{ readonly choices: readonly [Choice] }>(`${baseURL}/chat/completions`, {
    model: CHAT_MODEL,
    messages: [{ role: "user", content }],
  });
  return choices[0].message.content;
}

interface Row {
  readonly embedding: string;
}

interface Choice {
  readonly message: { readonly content: string };
}

async function post<Answer>(url: string, body: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer plain" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`Expected the emulator to answer with 200, got ${response.status}.`);
  return (await response.json()) as Answer;
}
