/**
 * Rules for words, as a plugin of oxlint: how docstrings begin, how messages are built, and which words stand for which
 * things. Sources are in `CONTRIBUTING.md`, under "Words".
 */

interface Node {
  readonly type: string;
  readonly range: readonly [number, number];
}
interface Comment extends Node {
  readonly value: string;
}
interface Text extends Node {
  readonly value?: unknown;
  readonly quasis?: readonly { readonly value: { readonly cooked: string } }[];
  readonly left?: Text;
  readonly right?: Text;
}
interface NewError extends Node {
  readonly parent: { readonly callee?: { readonly property?: { readonly name?: string } } };
  readonly callee: { readonly name?: string };
  readonly arguments: readonly Text[];
}
interface Named extends Node {
  readonly name: string;
}
interface Context {
  readonly sourceCode: { getAllComments(): readonly Comment[] };
  report(fault: { readonly node: Node; readonly message: string }): void;
}

interface Rule {
  readonly create: (context: Context) => Readonly<Record<string, (node: any) => void>>;
}

/** First words of a docstring that says of a thing what it is not: a noun or a verb says what it is. */
const NO_FIRST_WORD = /^(What|Whether|How|Who|Whose|Whoever|Those|Where|When|Why|Which|That|If|As)\b/;
/** `Expected X, got Y. Do Z.`: the last part may be missing where nothing can be done. "…" stands for a value. */
const MESSAGE = /^Expected [^]+ got\b[^]+[.…]$/;
/** Errors whose message continues a sentence of another program. */
const NO_SENTENCE: ReadonlySet<string> = new Set(["InvalidArgumentError"]);
/** Words of a story or of another field, each with the field's own. */
const WORDS: Readonly<Record<string, string>> = {
  came: "was, or got",
  nobody: "the part of the program by its name",
  somebody: "the part of the program by its name",
  anybody: "the part of the program by its name",
  whoever: "the part of the program by its name",
  learnt: "learned",
  tokenise: "tokenize",
  tokenised: "tokenized",
  cancelled: "canceled",
  colour: "color",
  behaviour: "behavior",
};
/** Parts of names that say less than the field's own. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["supply", "intake"],
  ["portion", "chunk size"],
  ["lane", "worker"],
  ["ride", "worker"],
  ["hunt", "bisect"],
  ["culprit", "bad input"],
  ["poison", "bad input"],
  ["lent", "borrowed"],
  ["ledger", "a word for counting"],
  ["tally", "a word for counting"],
  ["told", "reported"],
  ["heed", "apply"],
  ["mailbox", "client"],
  ["recipient", "pending"],
  ["shelf", "known results"],
  ["manner", "context"],
  ["flights", "single flight"],
  ["surroundings", "environment"],
]);

const docstring: Rule = rule((context) => ({
  Program() {
    for (const comment of context.sourceCode.getAllComments()) {
      const [, text] = /^\*[\s*]*([^]*)$/.exec(comment.value) ?? [];
      const [word] = NO_FIRST_WORD.exec(text ?? "") ?? [];
      if (word === undefined || comment.type !== "Block") continue;
      context.report({
        node: comment,
        message: `Expected a docstring that begins with a noun or a verb, got "${word}". Name the thing.`,
      });
    }
  },
}));

const message: Rule = rule((context) => ({
  NewExpression(node: NewError) {
    if (node.callee.name?.endsWith("Error") !== true || NO_SENTENCE.has(node.callee.name)) return;
    // A reason to stop expects nothing.
    if (node.parent.callee?.property?.name === "abort") return;
    const text = textOf(node.arguments[0]);
    if (text === undefined || MESSAGE.test(text)) return;
    context.report({
      node: node.arguments[0]!,
      message: `Expected a message such as "Expected \`name\` to be X, got Y. Do Z.", got another form. Rewrite it.`,
    });
  },
}));

const plain: Rule = rule((context) => {
  const check = (node: Node, text: string): void => {
    for (const [word] of text.matchAll(/\b[A-Za-z]+\b/g)) {
      const better = Object.hasOwn(WORDS, word.toLowerCase()) ? WORDS[word.toLowerCase()] : undefined;
      if (better !== undefined) context.report({ node, message: `Expected ${better}, got "${word}".` });
    }
  };
  return {
    Program() {
      for (const comment of context.sourceCode.getAllComments()) check(comment, comment.value);
    },
    Literal(node: Text) {
      // A single word may be another program's: a state of a provider's job, a header.
      if (typeof node.value === "string" && node.value.includes(" ")) check(node, node.value);
    },
    TemplateLiteral(node: Text) {
      check(node, textOf(node) ?? "");
    },
    Identifier(node: Named) {
      const parts = node.name.split(/(?<=[a-z0-9])(?=[A-Z])|[_$]/).map((part) => part.toLowerCase());
      const part = parts.find((each) => NAMES.has(each));
      if (part === undefined) return;
      context.report({ node, message: `Expected a name of the field (${NAMES.get(part)}), got \`${node.name}\`.` });
    },
  };
});

const plugin: { readonly meta: { readonly name: string }; readonly rules: Readonly<Record<string, Rule>> } = {
  meta: { name: "words" },
  rules: { docstring, message, plain },
};
export default plugin;

function rule(create: Rule["create"]): Rule {
  return { create };
}

/** The text of a message, "…" in place of each value in it; undefined where it is not written there. */
function textOf(node: Text | undefined): string | undefined {
  if (node?.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node?.type === "TemplateLiteral") return node.quasis!.map(({ value }) => value.cooked).join("…");
  if (node?.type !== "BinaryExpression") return undefined;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === undefined && right === undefined ? undefined : `${left ?? "…"}${right ?? "…"}`;
}
