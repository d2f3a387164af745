import { Refusal } from "../server/refusal.ts";

/** Refusal with the body of a Cohere error. */
export function refuse(status: number, message: string, id: string): Refusal {
  return new Refusal(status, { id: requestId(id), message });
}

/** Refusal of an invalid request, with status 400. */
export function invalid(message: string, id: string): Refusal {
  return refuse(400, `invalid request: ${message}`, id);
}

/** Id in the form of Cohere's, a UUID. */
export function requestId(id: string): string {
  const digits = id.padStart(32, "0");
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    "-",
  );
}
