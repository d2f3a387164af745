import { kindOf } from "@batchwise/adapter-kit";
import { badInput, unwanted } from "./errors.ts";

/** Input that can be fetched: an address, or a whole request. */
export type FetchInput = string | URL | Request;

/** An input that has been looked at. */
export interface Target {
  /** With its port, where it is not the usual one. */
  readonly host: string;
  readonly method: string;
  /** Argument of `fetch`: a `Request` as a copy, so that it can be sent again. */
  copy(): string | Request;
  /** Undefined for an address. */
  readonly request: Request | undefined;
}

/** @throws InputError for what leads to no request, or to one that `fetch` refuses */
export function targetOf(input: FetchInput): Target {
  if (isRequest(input)) {
    if (input.bodyUsed) throw badInput("a Request whose body has not been read", "one whose body is gone");
    if (input.signal?.aborted) throw unwanted();
    return { host: hostOf(input.url), method: input.method, copy: () => input.clone(), request: input };
  }
  if (typeof input !== "string" && !(input instanceof URL)) throw badInput("a URL or a Request", kindOf(input));
  const address = typeof input === "string" ? input : input.href;
  return { host: hostOf(address), method: "GET", copy: () => address, request: undefined };
}

function hostOf(address: string): string {
  const url = URL.parse(address);
  if (url === null) throw badInput("a whole URL such as https://host/path", "a text that is none");
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw badInput("a URL of http or https", "one of another protocol");
  if (url.username !== "" || url.password !== "") {
    throw badInput("a URL without a user name and password", "one with: put them into a header");
  }
  return url.host;
}

/** A Request of this or another implementation of `fetch`. */
function isRequest(input: unknown): input is Request {
  const { clone, url, method } = (typeof input === "object" && input !== null ? input : {}) as Partial<Request>;
  return typeof clone === "function" && typeof url === "string" && typeof method === "string";
}
