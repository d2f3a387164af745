import { ArgumentError } from "@batchwise/core";

/** Parts of `<package>#<adapter>`. */
export interface Reference {
  readonly package: string;
  /** Undefined when only the package was named. */
  readonly adapter: string | undefined;
}

/** Form of an adapter's name. */
export const ADAPTER_NAME: RegExp = /^[a-z\d-]+$/i;

const PACKAGE_NAME = /^(?:@[a-z\d~-][\w.~-]*\/)?[a-z\d~-][\w.~-]*$/i;

/** @throws ArgumentError for anything but `<package>` or `<package>#<adapter>` */
export function readReference(reference: string): Reference {
  const [name = "", adapter, ...rest] = typeof reference === "string" ? reference.split("#") : [];
  if (PACKAGE_NAME.test(name) && (adapter === undefined || ADAPTER_NAME.test(adapter)) && rest.length === 0) {
    return { package: name, adapter };
  }
  throw new ArgumentError(
    "Expected the name of a package and of one of its adapters, such as @batchwise/openai#embeddings, got another form. Check its spelling.",
  );
}
