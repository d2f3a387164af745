import { withoutCost, type Route } from "../server/route.ts";
import { openai } from "./dialect.ts";
import { findFile } from "./files.ts";

/** `GET /v1/files/:id/content` */
export const fileContent: Route = {
  dialect: openai,
  method: "GET",
  path: "/v1/files/:id/content",
  plan(call) {
    const file = findFile(call);
    return withoutCost(async () => ({
      body: await file.content(),
      headers: { "content-type": "application/octet-stream" },
    }));
  },
};
