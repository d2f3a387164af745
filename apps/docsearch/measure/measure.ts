import { styleText } from "node:util";
import { counted, listing } from "@batchwise/terminal";
import { embedQuestions, type Session } from "../src/answer.ts";
import type { Document } from "../src/collect.ts";
import type { DocumentSearch } from "../src/search.ts";
import { designQuestions } from "./design-questions.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { type Question, questions } from "./questions.ts";

/** All questions that a measurement asks. */
export const measuredQuestions: readonly string[] = [...questions, ...designQuestions].map(({ question }) => question);

/** Prints how often each ranking finds the right file: for the questions that judge, and for those of the design. */
export async function measure(session: Session, search: DocumentSearch, documents: readonly Document[]): Promise<void> {
  const { console } = session;
  const names = new Set(documents.map(({ name }) => name));
  const evaluation = async (asked: readonly Question[]): Promise<Evaluation> => {
    const slots = await embedQuestions(
      session,
      asked.map(({ question }) => question),
    );
    const failed = slots.find((slot) => slot instanceof Error);
    if (failed !== undefined) throw failed;
    return evaluate(search, asked, slots as readonly Float32Array[], names);
  };
  const judged = await evaluation(questions);
  const designed = await evaluation(designQuestions);

  const title = `Is the right file found? ${judged.asked} questions, in words that it does not use`;
  console.result();
  console.result(styleText("bold", title));
  console.result(`  and, to the right, ${designed.asked} others, by which the search was designed`);
  const rows = judged.scores.map((score, index) => {
    const other = designed.scores[index] ?? score;
    return {
      "  ranking": `  ${score.ranking}`,
      first: `${score.first}/${judged.asked}`,
      "in five": `${score.firstFive}/${judged.asked}`,
      "first ": `${other.first}/${designed.asked}`,
      "in five ": `${other.firstFive}/${designed.asked}`,
    };
  });
  console.result(listing(rows, console.width).trimEnd());
  const missing = [...judged.missing, ...designed.missing];
  if (missing.length > 0) {
    const some = `${missing.slice(0, 3).join(", ")}${missing.length > 3 ? ", ..." : ""}`;
    console.result(`  ${counted(missing.length, "answer")} not among these documents, counted as not found: ${some}`);
  }
}
