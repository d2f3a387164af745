import { Buffer } from "node:buffer";

import { withoutCost, type Route } from "../server/route.ts";
import { openai } from "./dialect.ts";
import { invalid, missing } from "./errors.ts";
import { describeFile } from "./files.ts";
import { MAX_FILE_BYTES } from "./limits.ts";

const PURPOSES: ReadonlySet<unknown> = new Set(["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]);

/** `POST /v1/files` */
export const uploadFile: Route = {
  dialect: openai,
  method: "POST",
  path: "/v1/files",
  body: "form",
  async plan(call) {
    const form = call.body as FormData;
    const file = form.get("file");
    const purpose = form.get("purpose");
    if (file === null || typeof file === "string") throw missing("file");
    if (purpose === null) throw missing("purpose");
    if (typeof purpose !== "string" || !PURPOSES.has(purpose)) {
      throw invalid(`Invalid 'purpose': expected one of ${[...PURPOSES].join(", ")}.`, "purpose", "invalid_value");
    }
    if (purpose === "batch" && file.size > MAX_FILE_BYTES) throw invalid("File is too large.", "file");
    const bytes = Buffer.from(await file.arrayBuffer());
    return withoutCost(async () => {
      const stored = {
        id: `file-${call.id}`,
        name: file.name,
        purpose,
        createdAt: call.now(),
        content: async () => bytes,
      };
      call.store.files.set(stored.id, stored);
      return { body: JSON.stringify(await describeFile(call, stored)) };
    });
  },
};
