import pg from "pg";
import { expect, test } from "vitest";
import { QueueDatabaseError } from "../errors.ts";
import { databaseFailure, isOutage, reasonOf, unreachable } from "./database-failure.ts";

function serverError(code: string): Error {
  return Object.assign(new pg.DatabaseError('password authentication failed for user "secret"', 1, "error"), { code });
}

// Codes by https://www.postgresql.org/docs/current/errcodes-appendix.html; the driver's texts by brianc/node-postgres#2757.
test.each([
  [serverError("3D000"), "invalid_argument", /a server without a database of that name \(3D000\)\. Create it/],
  [serverError("28P01"), "authentication", /a refused user or password \(28P01\)\. Correct them in the URL/],
  [serverError("28000"), "authentication", /\(28000\)\. See its pg_hba\.conf/],
  [serverError("42501"), "authentication", /a user without permission \(42501\)\. Let it create schemas/],
  [serverError("25006"), "invalid_argument", /read-only \(25006\)\. Give the URL of the primary/],
  [serverError("53100"), "network_error", /whose disk is full \(53100\)\. Make room/],
  [serverError("42P01"), "network_error", /an error of its own \(42P01\)\. Look the code up/],
  [Object.assign(new Error("x"), { code: "SELF_SIGNED_CERT_IN_CHAIN" }), "invalid_argument", /NODE_EXTRA_CA_CERTS/],
  [
    new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string"),
    "authentication",
    /got no password, or one that it does not take\. Correct them in the URL/,
  ],
  [
    new Error("The server does not support SSL connections"),
    "invalid_argument",
    /a server without TLS\. Remove sslmode/,
  ],
])("%s is said in words, at once, and without the user", (error, code, message) => {
  expect(isOutage(error)).toBe(false);
  const failure = databaseFailure(error) as QueueDatabaseError;
  expect(failure).toMatchObject({ name: "QueueDatabaseError", code, retryable: false, cause: error });
  expect(failure.message).toMatch(message);
  expect(failure.message).not.toContain("secret");
});

test.each([
  [serverError("53300"), /all taken \(53300\) for 61 s\. Lower `connections`/],
  [serverError("57P03"), /a server that starts or shuts down \(57P03\) for 61 s\. Wait/],
  [
    Object.assign(new Error("x"), { code: "ECONNREFUSED" }),
    /listens at its host and port \(ECONNREFUSED\) for 61 s\. Start/,
  ],
  [
    Object.assign(new Error("x"), { code: "ENOTFOUND" }),
    /a host name that is not known \(ENOTFOUND\) for 61 s\. Correct/,
  ],
  [Object.assign(new Error("x"), { code: "ETIMEDOUT" }), /no answer \(ETIMEDOUT\) for 61 s\. Check/],
  [new Error("Connection terminated unexpectedly"), /a connection that ended for 61 s\. Check/],
])("%s passes, and is said in words where it does not", (error, message) => {
  expect(isOutage(error)).toBe(true);
  expect(unreachable(error, 61_000).message).toMatch(message);
});

test("errors that are not the database's stay as they are", () => {
  const own = new QueueDatabaseError("Expected this, got that. Do so.");
  const other = new TypeError("x");
  expect([databaseFailure(own), databaseFailure(other), databaseFailure(undefined)]).toEqual([own, other, undefined]);
  expect(isOutage(other)).toBe(false);
  expect(reasonOf(new Error("x"))).toBe("a connection that ended");
});
