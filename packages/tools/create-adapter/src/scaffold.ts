import path from "node:path";
import { defaultsOf } from "./defaults.ts";
import { namesOf } from "./names.ts";
import { checkOptions, type ScaffoldOptions } from "./options.ts";
import { renderTemplate } from "./render-template.ts";
import { writeFolder } from "./write-folder.ts";

/** Package that was written. */
export interface Scaffolded {
  /** The package's folder, absolute. */
  readonly dir: string;
  /** Its files' paths in the folder, with `/`, sorted. */
  readonly files: readonly string[];
}

/**
 * Writes an adapter package whose tests pass as it stands: every law of the testkit against a scripted backend, through
 * a plain JSON POST in the shape of OpenAI's API. `TODO` marks what the provider does in another way. Needs no network.
 *
 * @throws ScaffoldError for an option that cannot be worked with, or a folder that is not empty. Nothing is written then.
 */
export function scaffold(options: ScaffoldOptions): Scaffolded {
  checkOptions(options);
  const dir = path.resolve(options.dir ?? defaultsOf(namesOf(options.name)).dir);
  const files = renderTemplate(options);
  writeFolder(dir, files, options.force ?? false);
  return { dir, files: [...files.keys()].toSorted() };
}
