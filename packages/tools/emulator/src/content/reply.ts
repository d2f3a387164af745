/** Request to a chat model. */
export interface ReplyRequest {
  readonly provider: "openai" | "cohere";
  readonly model: string;
  /** The last message of the user, as text. */
  readonly prompt: string;
}

/** Default answer, which shows the request that it belongs to. */
export function echo(request: ReplyRequest): string {
  return `Echo: ${request.prompt}`;
}

/** Pieces of a streamed reply: words, or several words each when there are very many. */
export function piecesOf(reply: string): string[] {
  const words = reply.match(/\S+\s*|\s+/g) ?? [];
  const together = Math.ceil(words.length / MOST_PIECES);
  return words.flatMap((_, at) => (at % together === 0 ? [words.slice(at, at + together).join("")] : []));
}

const MOST_PIECES = 200;
