/** Database, or a transaction in it, that runs statements. */
export interface Queries {
  /** Runs a statement and returns its rows; without `values`, also several statements. */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** PostgreSQL, embedded or not. */
export interface Database extends Queries {
  /** Runs `work` in a transaction, which is rolled back when it throws. */
  transaction<T>(work: (transaction: Queries) => Promise<T>): Promise<T>;
  /**
   * Listens for notifications until the returned function is called. A lost connection is made again.
   *
   * @param onGap called when some may have been missed
   */
  listen(channel: string, onMessage: (payload: string) => void, onGap: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Adapts a database for pg-boss. */
export function forBoss(queries: Queries): {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: any[] }>;
} {
  return { executeSql: async (text, values) => ({ rows: await queries.query(text, values) }) };
}

/** Server errors after which the same statement may succeed: a restart, no free connection, a deadlock. */
const PASSING = /^(?:08...|57P0.|53300|40001|40P01)$/;
const NETWORK = /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EAI_AGAIN|ENOTFOUND)$/;

/** True where the connection is to blame, and not the statement. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  // The driver's own errors have no code: a connection that ended under a statement, or could not be had in time.
  if (typeof code !== "string") return error.constructor === Error;
  return PASSING.test(code) || NETWORK.test(code);
}
