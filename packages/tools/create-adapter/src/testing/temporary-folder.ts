import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** A new folder, which goes when the test that asked for it has finished. */
export function temporaryFolder(): string {
  const folder = openFolder();
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A new folder that its caller removes. */
export function openFolder(): string {
  return mkdtempSync(path.join(realpathSync(tmpdir()), "create-adapter-"));
}
