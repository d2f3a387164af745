import Table from "cli-table3";
import { type Cell, type Column, describeTarget, type SuiteReport } from "./report.ts";

/** Formats a report as a table for a terminal, with its promises below. */
export function terminalTable(report: SuiteReport): string {
  const table = new Table({
    head: report.columns.map((column) => column.title),
    colAligns: report.columns.map((column) => (isNumeric(report, column) ? "right" : "left")),
    style: { head: [], border: [] },
  });
  for (const row of report.rows) table.push(report.columns.map((column) => show(row[column.key], column)));
  return [report.title, table.toString(), ...report.targets.map((target) => `- ${describeTarget(target)}`)].join("\n");
}

/** Formats a report in Markdown, with padded columns so that it reads well as text too. */
export function markdownTable(report: SuiteReport): string {
  const cells = [
    report.columns.map((column) => column.title),
    ...report.rows.map((row) => report.columns.map((column) => show(row[column.key], column))),
  ];
  const widths = report.columns.map((_, index) => Math.max(3, ...cells.map((row) => (row[index] ?? "").length)));
  const numeric = report.columns.map((column) => isNumeric(report, column));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, index) => pad(cell, widths[index] ?? 0, numeric[index] === true)).join(" | ")} |`;
  const rule = `| ${widths.map((width, index) => (numeric[index] ? `${"-".repeat(width - 1)}:` : "-".repeat(width))).join(" | ")} |`;
  const [head = [], ...body] = cells;
  const lines = [line(head), rule, ...body.map(line)];
  if (report.targets.length > 0) lines.push("", ...report.targets.map((target) => `- ${describeTarget(target)}`));
  return lines.join("\n");
}

function show(cell: Cell, column: Column): string {
  if (cell === undefined) return "-";
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  if (typeof cell === "string") return cell;
  return Number.isNaN(cell) ? "-" : cell.toFixed(column.digits ?? 0);
}

function isNumeric(report: SuiteReport, column: Column): boolean {
  return report.rows.some((row) => typeof row[column.key] === "number");
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width);
}
