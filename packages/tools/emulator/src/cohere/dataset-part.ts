import { plainly, type Route } from "../server/route.ts";
import { findDataset } from "./datasets.ts";
import { cohere } from "./dialect.ts";

/** `GET /v1/datasets/:id/parts/:part`, where a dataset's download addresses lead: like those, without a key. */
export const datasetPart: Route = {
  dialect: cohere,
  method: "GET",
  path: "/v1/datasets/:id/parts/:part",
  isOpen: true,
  plan(call) {
    const dataset = findDataset(call);
    return plainly(async () => ({
      body: await dataset.content(),
      headers: { "content-type": "application/octet-stream" },
    }));
  },
};
