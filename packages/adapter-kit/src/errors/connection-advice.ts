import { environment } from "../key.ts";

/** Advice for a connection that failed. @param code the system's, where there is one */
export function connectionAdvice(code: string = ""): string {
  if (UNTRUSTED.test(code)) {
    return (
      "Node does not trust who signed the server's certificate: name a file with the signer's own (PEM) in " +
      "NODE_EXTRA_CA_CERTS, which Node reads when it starts."
    );
  }
  if (/^(CERT_|ERR_TLS_CERT)/.test(code)) return "Check the server's certificate, and the API's address.";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER") return "Check whether the API's address begins with http, not https.";
  return `Try again later; if it goes on, check the network and the API's address${proxyAdvice()}.`;
}

/**
 * OpenSSL's words for a certificate that no signer vouches for that Node knows: https://nodejs.org/api/tls.html#x509-certificate-error-codes,
 * checked 2026-11-30.
 */
const UNTRUSTED = /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)_\w+|CERT_UNTRUSTED)$/;

/** Node's `fetch` passes proxies by unless it is told not to: https://nodejs.org/api/cli.html#node_use_env_proxy1, checked 2026-11-24. */
function proxyAdvice(): string {
  const name = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"].find(environment);
  if (name === undefined) return ", and whether the network wants a proxy";
  const { execArgv = [] } = (globalThis as { process?: { execArgv?: readonly string[] } }).process ?? {};
  const isAsked = [environment("NODE_OPTIONS"), ...execArgv].join(" ").includes("--use-env-proxy");
  return isAsked || environment("NODE_USE_ENV_PROXY") === "1"
    ? `, and the proxy in ${name}`
    : `: ${name} is not used without NODE_USE_ENV_PROXY=1`;
}
