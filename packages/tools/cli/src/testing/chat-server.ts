import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Server of chat models, which keeps the bodies that it got. */
export interface ChatServer {
  readonly baseURL: string;
  /** Bodies in the order of their arrival. */
  readonly bodies: readonly ChatBody[];
}

/** Body of a request. */
export interface ChatBody {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly [parameter: string]: unknown;
}

/**
 * Starts a server that answers each request, at once, with a text that is billed as 5 tokens, for as many as the characters
 * of its messages.
 *
 * @param tokens that an answer is billed as
 */
export async function chatServer(
  answer: (body: ChatBody) => string = lastOf,
  tokens: (body: ChatBody) => number = () => 5,
): Promise<ChatServer> {
  const bodies: ChatBody[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as ChatBody;
    bodies.push(body);
    const message = { role: "assistant", content: answer(body) };
    const usage = { prompt_tokens: JSON.stringify(body.messages).length, completion_tokens: tokens(body) };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ model: body["model"], choices: [{ index: 0, finish_reason: "stop", message }], usage }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { baseURL: `http://127.0.0.1:${port}/v1`, bodies };
}

function lastOf({ messages }: ChatBody): string {
  return `Answer to: ${messages.at(-1)?.content}`;
}
