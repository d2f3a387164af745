import { Refusal } from "../server/refusal.ts";

/** A refusal with the body of a Cohere error. */
export function refuse(status: number, message: string, id: string): Refusal {
  return new Refusal(status, { id: requestId(id), message });
}

/** A 400 that says what is wrong with the request. */
export function invalid(message: string, id: string): Refusal {
  return refuse(400, `invalid request: ${message}`, id);
}

/** An id in the form of Cohere's, a UUID. */
export function requestId(id: string): string {
  const digits = id.padStart(32, "0");
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    "-",
  );
}
