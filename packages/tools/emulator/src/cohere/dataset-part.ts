import { withoutCost, type Route } from "../server/route.ts";
import { findDataset } from "./datasets.ts";
import { cohere } from "./dialect.ts";

/** `GET /v1/datasets/:id/parts/:part`, the target of a dataset's download addresses: without a key, as those. */
export const datasetPart: Route = {
  dialect: cohere,
  method: "GET",
  path: "/v1/datasets/:id/parts/:part",
  isPublic: true,
  plan(call) {
    const dataset = findDataset(call);
    return withoutCost(async () => ({
      body: await dataset.content(),
      headers: { "content-type": "application/octet-stream" },
    }));
  },
};
