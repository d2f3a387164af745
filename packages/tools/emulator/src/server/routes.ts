import { cancelCohereBatch } from "../cohere/cancel-batch.ts";
import { chat } from "../cohere/chat.ts";
import { classify } from "../cohere/classify.ts";
import { createCohereBatch } from "../cohere/create-batch.ts";
import { createDataset } from "../cohere/create-dataset.ts";
import { datasetPart } from "../cohere/dataset-part.ts";
import { deleteDataset, retrieveDataset } from "../cohere/datasets.ts";
import { cohere } from "../cohere/dialect.ts";
import { embed } from "../cohere/embed.ts";
import { listCohereBatches, retrieveCohereBatch } from "../cohere/batches.ts";
import { rerank } from "../cohere/rerank.ts";
import { tokenize } from "../cohere/tokenize.ts";
import { listBatches, retrieveBatch } from "../openai/batches.ts";
import { cancelBatch } from "../openai/cancel-batch.ts";
import { chatCompletions } from "../openai/chat-completions.ts";
import { createBatch } from "../openai/create-batch.ts";
import { openai } from "../openai/dialect.ts";
import { embeddings } from "../openai/embeddings.ts";
import { fileContent } from "../openai/file-content.ts";
import { deleteFile, listFiles, retrieveFile } from "../openai/files.ts";
import { listModels, retrieveModel } from "../openai/models.ts";
import { moderations } from "../openai/moderations.ts";
import { responses } from "../openai/responses.ts";
import { uploadFile } from "../openai/upload-file.ts";
import { type Dialect, matchPath, type Route } from "./route.ts";

const ROUTES: readonly Route[] = [
  embeddings,
  moderations,
  chatCompletions,
  responses,
  listModels,
  retrieveModel,
  uploadFile,
  listFiles,
  retrieveFile,
  deleteFile,
  fileContent,
  createBatch,
  listBatches,
  retrieveBatch,
  cancelBatch,
  embed,
  rerank,
  chat,
  classify,
  tokenize,
  createDataset,
  retrieveDataset,
  deleteDataset,
  datasetPart,
  createCohereBatch,
  listCohereBatches,
  retrieveCohereBatch,
  cancelCohereBatch,
];

/** Dialect for a path, known or not. */
export function dialectOf(path: string): Dialect {
  const route = ROUTES.find((each) => matchPath(each, path) !== undefined);
  return route?.dialect ?? (path.startsWith("/v2/") ? cohere : openai);
}

/** Tells whether a request uploads a file. */
export function isUpload(method: string, path: string): boolean {
  return ROUTES.some(
    (route) => route.body === "form" && route.method === method && matchPath(route, path) !== undefined,
  );
}

/** Endpoint of a request. @throws Refusal when there is none */
export function findRoute(
  method: string,
  path: string,
  id: string,
): { route: Route; parameters: Record<string, string> } {
  let dialect: Dialect | undefined;
  for (const route of ROUTES) {
    const parameters = matchPath(route, path);
    if (parameters === undefined) continue;
    if (route.method === method) return { route, parameters };
    dialect ??= route.dialect;
  }
  if (dialect !== undefined) throw dialect.wrongMethod(method, path, id);
  throw dialectOf(path).notFound(method, path, id);
}
