import { BatchwiseError, type ErrorCode } from "@batchwise/core";
import { QueueDatabaseError } from "../errors.ts";

/** Facts of a failure, for messages: they hold no part of the URL and of no statement. */
interface Failure {
  /** Continues "Expected ..., got". */
  readonly got: string;
  readonly advice: string;
  readonly code?: ErrorCode;
}

const NO_ANSWER: Failure = {
  got: "no answer",
  advice: "Check that the server runs and can be reached from here (firewall, VPN).",
};
const CUT: Failure = {
  got: "a connection that ended",
  advice: "Check that the server runs, or what ends its connections.",
};
const NO_HOST: Failure = {
  got: "a host name that is not known",
  advice: "Correct the host in the URL, or the network.",
};
const REFUSED_USER: Failure = {
  got: "a refused user or password",
  advice: "Correct them in the URL, with characters such as @ and / percent-encoded, or create the role.",
  code: "authentication",
};
const NO_CERTIFICATE: Failure = {
  got: "a certificate that is not trusted",
  advice: "Give the server's authority as NODE_EXTRA_CA_CERTS, or correct sslmode in the URL.",
  code: "invalid_argument",
};

/**
 * By the code of the server (https://www.postgresql.org/docs/current/errcodes-appendix.html, 2026-11-29), of the system
 * or of Node's TLS.
 */
const FAILURES: Readonly<Record<string, Failure>> = {
  "3D000": {
    got: "a server without a database of that name",
    advice: "Create it (createdb), or correct the name in the URL.",
    code: "invalid_argument",
  },
  "28P01": REFUSED_USER,
  "28000": {
    got: "a server that does not let this user in from here",
    advice: "See its pg_hba.conf, create the role, or add sslmode=require to the URL.",
    code: "authentication",
  },
  "42501": {
    got: "a user without permission",
    advice: "Let it create schemas: GRANT CREATE ON DATABASE ... TO ..., or give it the tables.",
    code: "authentication",
  },
  "25006": {
    got: "a server that is read-only",
    advice: "Give the URL of the primary: a standby takes no writes.",
    code: "invalid_argument",
  },
  "53100": { got: "a server whose disk is full", advice: "Make room there." },
  "53200": { got: "a server without memory", advice: "Give it more, or run less there." },
  "53300": {
    got: "a server whose connections are all taken",
    advice: "Lower `connections`, end other clients, or raise its max_connections.",
  },
  "57P01": { got: "a server that shuts down", advice: "Start it again." },
  "57P02": { got: "a server that has crashed", advice: "Look into its log." },
  "57P03": { got: "a server that starts or shuts down", advice: "Wait until it is up." },
  ECONNREFUSED: {
    got: "nothing that listens at its host and port",
    advice: "Start the server, or correct host and port in the URL.",
  },
  ENOTFOUND: NO_HOST,
  EAI_AGAIN: NO_HOST,
  ETIMEDOUT: NO_ANSWER,
  EHOSTUNREACH: NO_ANSWER,
  ENETUNREACH: NO_ANSWER,
  ENETDOWN: NO_ANSWER,
  ECONNRESET: CUT,
  EPIPE: CUT,
  DEPTH_ZERO_SELF_SIGNED_CERT: NO_CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: NO_CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NO_CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NO_CERTIFICATE,
  CERT_HAS_EXPIRED: NO_CERTIFICATE,
  ERR_TLS_CERT_ALTNAME_INVALID: NO_CERTIFICATE,
};

/** Failures that the driver tells without a code: brianc/node-postgres#2757, and a server without TLS. None passes by itself. */
const UNCODED: readonly (readonly [start: string, failure: Failure])[] = [
  ["SASL: ", { ...REFUSED_USER, got: "no password, or one that it does not take" }],
  [
    "The server does not support SSL connections",
    {
      got: "a server without TLS",
      advice: "Remove sslmode from the URL, or switch ssl on at the server.",
      code: "invalid_argument",
    },
  ],
];
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Server errors after which the same statement may succeed: a restart, no free connection, a deadlock. */
const PASSING = /^(?:08...|57P0.|53300|40001|40P01)$/;
const NETWORK = /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EAI_AGAIN|ENOTFOUND)$/;

/** True where the connection is to blame, and not the statement. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  // The driver's own errors have no code: a connection that ended under a statement, or could not be had in time.
  if (code === undefined) return error.constructor === Error && uncoded(error) === undefined;
  return PASSING.test(code) || NETWORK.test(code);
}

/** Words for what happened, with the code: "nothing that listens at its host and port (ECONNREFUSED)". */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return `${failureOf(error).got}${code === undefined ? "" : ` (${code})`}`;
}

/** The error in words that say what to do; any other than the database's as it is. */
export function databaseFailure(error: unknown): unknown {
  const code = codeOf(error);
  const isKnown = code !== undefined && (code in FAILURES || SQLSTATE.test(code));
  if (BatchwiseError.isInstance(error) || !(isKnown || uncoded(error) !== undefined)) return error;
  const { code: kind, advice } = failureOf(error);
  const message = `Expected the queue's database to be usable, got ${reasonOf(error)}. ${advice}`;
  return new QueueDatabaseError(message, { cause: error, ...(kind === undefined ? {} : { code: kind }) });
}

/** Error of a database that could not be reached for so long. */
export function unreachable(error: unknown, lostMs: number): QueueDatabaseError {
  return new QueueDatabaseError(
    `Expected the queue's database to be reachable, got ${reasonOf(error)} for ${Math.round(lostMs / 1000)} s. ` +
      `${failureOf(error).advice} It keeps the chunks that it has; \`reconnectMs\` is how long to retry.`,
  );
}

function failureOf(error: unknown): Failure {
  const code = codeOf(error);
  if (code === undefined) return uncoded(error) ?? CUT;
  return FAILURES[code] ?? { got: "an error of its own", advice: "Look the code up in PostgreSQL's list of errors." };
}

function uncoded(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  return UNCODED.find(([start]) => error.message.startsWith(start))?.[1];
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : undefined;
}
