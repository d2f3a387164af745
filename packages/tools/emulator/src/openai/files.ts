import type { StoredFile } from "../jobs/job-store.ts";
import { type Call, withoutCost, type Route } from "../server/route.ts";
import { openai } from "./dialect.ts";
import { invalid } from "./errors.ts";
import { page } from "./page.ts";
import { apiObject, toSeconds } from "./api-object.ts";

/** `GET /v1/files` */
export const listFiles: Route = {
  dialect: openai,
  method: "GET",
  path: "/v1/files",
  plan(call) {
    const purpose = call.query.get("purpose");
    const files = [...call.store.files.values()].filter((file) => purpose === null || file.purpose === purpose);
    const { shown, hasMore } = page(call, files.toReversed());
    return withoutCost(async () => {
      const data = await Promise.all(shown.map((file) => describeFile(call, file)));
      return { body: JSON.stringify({ object: "list", data, has_more: hasMore }) };
    });
  },
};

/** `GET /v1/files/:id` */
export const retrieveFile: Route = {
  dialect: openai,
  method: "GET",
  path: "/v1/files/:id",
  plan(call) {
    const file = findFile(call);
    return withoutCost(async () => ({ body: JSON.stringify(await describeFile(call, file)) }));
  },
};

/** `DELETE /v1/files/:id` */
export const deleteFile: Route = {
  dialect: openai,
  method: "DELETE",
  path: "/v1/files/:id",
  plan(call) {
    const { id } = findFile(call);
    return withoutCost(() => {
      call.store.files.delete(id);
      return { body: JSON.stringify({ id, object: "file", deleted: true }) };
    });
  },
};

/** File that a path names. @throws Refusal when there is none */
export function findFile({ parameters, store }: Call): StoredFile {
  const id = parameters["id"] as string;
  const file = store.files.get(id);
  if (file === undefined) throw invalid(`No such File object: ${id}`, "id", null, 404);
  return file;
}

/** File as the API describes it. */
export async function describeFile({ store, settings }: Call, file: StoredFile): Promise<object> {
  const { id, name, purpose, createdAt, content } = file;
  const bytes = (await content()).length;
  return apiObject(
    {
      id,
      object: "file",
      bytes,
      created_at: toSeconds(store, createdAt),
      filename: name,
      purpose,
      status: "processed",
      expires_at: undefined,
      status_details: undefined,
    },
    settings.jobs.nulls,
  );
}
