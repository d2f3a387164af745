import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { modelBroken, modelMissing } from "./errors.ts";

/** An npm package that brings a model's files. */
export interface ModelPackage {
  readonly name: string;
  /** The one whose hashes are known: another encoder would give other vectors unnoticed. */
  readonly version: string;
}

/** The bytes of a package's file. @throws ArgumentError when it is missing, ProviderError when it is damaged. */
export async function readVerified(file: string, sha256: string, from: ModelPackage): Promise<Buffer<ArrayBuffer>> {
  const bytes = await readPackaged(file, from);
  verify(bytes, sha256, file, from);
  return bytes;
}

/** The bytes of a package's file. @throws ArgumentError when it is missing. */
export async function readPackaged(file: string, { name }: ModelPackage): Promise<Buffer<ArrayBuffer>> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw modelMissing(`the file ${file} of ${name}`, cause);
  }
}

/** @throws ProviderError when the bytes' hash is another one. */
export function verify(bytes: Uint8Array, expected: string, file: string, from: ModelPackage): void {
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== expected) throw modelBroken(file, `SHA-256 ${expected}`, adviceFor(from), undefined, actual);
}

/** Advice on a damaged file. */
export function adviceFor({ name, version }: ModelPackage): string {
  return `Install ${name} ${version} again.`;
}
