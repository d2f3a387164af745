import type { IncomingMessage } from "node:http";

/** Key of a request, from either of the headers in use; undefined when it has none. */
export function keyOf(request: IncomingMessage): string | undefined {
  const bearer = /^bearer +(.*)$/i.exec(request.headers.authorization ?? "")?.[1]?.trim();
  const azure = request.headers["api-key"];
  const key = bearer ?? (typeof azure === "string" ? azure.trim() : undefined);
  return key === "" ? undefined : key;
}
