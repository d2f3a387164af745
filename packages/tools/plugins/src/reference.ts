import { ArgumentError } from "@batchwise/core";

/** `<package>#<adapter>`, taken apart. */
export interface Reference {
  readonly package: string;
  /** Undefined where the package alone was named. */
  readonly adapter: string | undefined;
}

/** What an adapter may be called. */
export const ADAPTER_NAME: RegExp = /^[a-z\d-]+$/i;

const PACKAGE_NAME = /^(?:@[a-z\d~-][\w.~-]*\/)?[a-z\d~-][\w.~-]*$/i;

/** @throws ArgumentError for anything else than `<package>` or `<package>#<adapter>` */
export function readReference(reference: string): Reference {
  const [name = "", adapter, ...rest] = typeof reference === "string" ? reference.split("#") : [];
  if (PACKAGE_NAME.test(name) && (adapter === undefined || ADAPTER_NAME.test(adapter)) && rest.length === 0) {
    return { package: name, adapter };
  }
  throw new ArgumentError(
    "Expected the name of a package and of one of its adapters, such as @batchwise/openai#embeddings, came something else.",
  );
}
