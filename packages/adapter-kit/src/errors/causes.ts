import { type Fields, fieldsOf } from "../fields.ts";

/** Error that was thrown and the errors that it wraps, at most five deep. */
export function causesOf(thrown: unknown): Fields[] {
  const causes: Fields[] = [];
  for (let each = fieldsOf(thrown); each !== undefined && causes.length < 5; each = fieldsOf(each["cause"])) {
    causes.push(each);
  }
  return causes;
}

/** The first system's code in what was thrown, such as `ECONNRESET`: of the socket, of a name's look-up, of a certificate. */
export function systemCode(thrown: unknown): string | undefined {
  const codes = causesOf(thrown).map(({ code }) => code);
  return codes.find((code): code is string => typeof code === "string" && /^[A-Z][A-Z0-9_]{2,40}$/.test(code));
}

/** The error of the socket or the system in what was thrown: the only one whose text the SDKs do not write. */
export function socketError(thrown: unknown): Fields | undefined {
  return causesOf(thrown).find(({ code }) => typeof code === "string" && NETWORK.test(code));
}

const NETWORK = /^(ECONN\w+|ENET\w+|EHOST\w+|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|UND_ERR_\w+)$/;

/** A short word, as APIs use them for codes and ids. Anything else may quote what was sent. */
export function word(text: unknown): string | undefined {
  return typeof text === "string" && /^[\w.:$[\]-]{1,80}$/.test(text) ? text : undefined;
}

/** The same of a code, unless it may be a key: those have digits among many letters, as ids have, and codes do not. */
export function codeWord(text: unknown): string | undefined {
  const code = word(text);
  return code === undefined || LIKE_A_KEY.test(code) ? undefined : code;
}

const LIKE_A_KEY = /(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{20,}/i;

/** A code or the name of a field in lower case, with `_` between its words. */
export function snake(code: string): string {
  return code
    .replaceAll(/([a-z\d])([A-Z])/g, "$1_$2")
    .replaceAll(/[^a-zA-Z\d]+/g, "_")
    .toLowerCase();
}
