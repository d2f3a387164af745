import { chat } from "../cohere/chat.ts";
import { classify } from "../cohere/classify.ts";
import { cohere } from "../cohere/dialect.ts";
import { embed } from "../cohere/embed.ts";
import { rerank } from "../cohere/rerank.ts";
import { tokenize } from "../cohere/tokenize.ts";
import { chatCompletions } from "../openai/chat-completions.ts";
import { openai } from "../openai/dialect.ts";
import { embeddings } from "../openai/embeddings.ts";
import { listModels, retrieveModel } from "../openai/models.ts";
import { moderations } from "../openai/moderations.ts";
import { responses } from "../openai/responses.ts";
import { type Dialect, matchPath, type Route } from "./route.ts";

const ROUTES: readonly Route[] = [
  embeddings,
  moderations,
  chatCompletions,
  responses,
  listModels,
  retrieveModel,
  embed,
  rerank,
  chat,
  classify,
  tokenize,
];

/** Whose words a path is answered in, whether or not it leads anywhere. */
export function dialectOf(path: string): Dialect {
  const route = ROUTES.find((each) => matchPath(each, path) !== undefined);
  return route?.dialect ?? (path.startsWith("/v2/") ? cohere : openai);
}

/** The endpoint of a request. @throws Refusal where there is none */
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
