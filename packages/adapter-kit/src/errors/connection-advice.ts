import { environment } from "../key.ts";

/** Advice for a connection that failed: Node's own 300 s, or a proxy that it does not use; undefined for anything else. */
export function connectionAdvice(code: string | undefined): string | undefined {
  if (code !== undefined && OWN_TIMEOUTS.has(code)) {
    return "Node's `fetch` waits no longer than 300 s, whatever `timeoutMs` says: pass a `fetch` that does, as the README shows.";
  }
  return hasUnusedProxy()
    ? "HTTPS_PROXY is set, and Node's `fetch` uses it with NODE_USE_ENV_PROXY=1 alone: set that too where there is no way around the proxy."
    : undefined;
}

const OWN_TIMEOUTS: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]);

/** Source: https://nodejs.org/api/cli.html#node_use_env_proxy1 (Node 22.21, 24.0), checked 2026-11-28. */
function hasUnusedProxy(): boolean {
  if (!(environment("HTTPS_PROXY") || environment("https_proxy"))) return false;
  const { execArgv = [] } = (globalThis as { process?: { execArgv?: readonly string[] } }).process ?? {};
  const options = `${environment("NODE_OPTIONS") ?? ""} ${execArgv.join(" ")}`;
  return environment("NODE_USE_ENV_PROXY") !== "1" && !options.includes("--use-env-proxy");
}
