import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { collectDocuments, NEWEST_OF_CHANGELOG } from "./collect.ts";
import { temporaryFolder } from "./testing/folder.ts";

describe("node_modules", () => {
  test("names documents by package, readmes first and changelogs last", async () => {
    const root = await temporaryFolder({
      "node_modules/a/CHANGELOG.md": "changes of a",
      "node_modules/a/docs/guide.mdx": "guide of a",
      "node_modules/@s/b/readme.md": "readme of b",
      "node_modules/a/README.md": "readme of a",
      "node_modules/a/data.txt": "no documentation",
    });
    expect(await names(root)).toEqual(["@s/b/readme.md", "a/README.md", "a/docs/guide.mdx", "a/CHANGELOG.md"]);
  });

  test("a folder that is named like a document is not one", async () => {
    const root = await temporaryFolder({
      "node_modules/@lat.md/a/README.md": "readme of a",
      "node_modules/@lat.md/a/tokenizer.json": "{}",
    });
    expect(await names(root)).toEqual(["@lat.md/a/README.md"]);
  });

  test("takes one guide of each package in turn, so that none pushes out the others", async () => {
    const root = await temporaryFolder({
      "node_modules/a/docs/1.md": "first of a",
      "node_modules/a/docs/2.md": "second of a",
      "node_modules/a/docs/3.md": "third of a",
      "node_modules/b/docs/1.md": "first of b",
      "node_modules/b/docs/2.md": "second of b",
    });
    expect(await names(root)).toEqual(["a/docs/1.md", "b/docs/1.md", "a/docs/2.md", "b/docs/2.md", "a/docs/3.md"]);
  });

  test("pnpm: each real file counts once, though links lead to it in circles", async () => {
    const root = await temporaryFolder({
      "node_modules/.pnpm/a@1.0.0/node_modules/a/README.md": "readme of a",
      "node_modules/.pnpm/b@1.0.0/node_modules/b/README.md": "readme of b",
    });
    const modules = path.join(root, "node_modules");
    await symlink(".pnpm/a@1.0.0/node_modules/a", path.join(modules, "a"));
    await symlink("../../../b@1.0.0/node_modules/b", path.join(modules, ".pnpm/a@1.0.0/node_modules/b"));
    await symlink("../../../a@1.0.0/node_modules/a", path.join(modules, ".pnpm/b@1.0.0/node_modules/a"));
    await symlink("..", path.join(modules, "loop"));
    await symlink("nowhere", path.join(modules, "broken"));
    expect(await names(root)).toEqual(["a/README.md", "b/README.md"]);
  });

  test("pnpm: the links of a workspace package are followed to installed packages, not to the workspace", async () => {
    const root = await temporaryFolder({
      "node_modules/.pnpm/a@1.0.0/node_modules/a/README.md": "readme of a",
      "packages/other/README.md": "own documentation",
    });
    const modules = path.join(root, "packages/mine/node_modules");
    await mkdir(path.join(modules, "@s"), { recursive: true });
    await symlink(path.join(root, "node_modules/.pnpm/a@1.0.0/node_modules/a"), path.join(modules, "@s/a"));
    await symlink(path.join(root, "packages/other"), path.join(modules, "other"));
    const { documents } = await collectDocuments(modules);
    expect(documents.map(({ name }) => name)).toEqual(["a/README.md"]);
  });

  test("npm: of several copies of a package the newest version counts", async () => {
    const root = await temporaryFolder({
      "node_modules/a/package.json": '{"version":"9.0.0"}',
      "node_modules/a/README.md": "readme of 9",
      "node_modules/a/OLD.md": "only in 9",
      "node_modules/b/node_modules/a/package.json": '{"version":"10.0.0"}',
      "node_modules/b/node_modules/a/README.md": "readme of 10",
      "node_modules/c/node_modules/a/package.json": "no JSON",
      "node_modules/c/node_modules/a/README.md": "readme of nothing",
    });
    const { documents, leftOut } = await collectDocuments(path.join(root, "node_modules"));
    expect(documents.map(({ name, text }) => [name, text])).toEqual([["a/README.md", "readme of 10"]]);
    expect(leftOut.copies).toBe(3);
  });

  test("leaves out licenses and duplicates", async () => {
    const root = await temporaryFolder({
      "node_modules/a/README.md": "the same",
      "node_modules/b/README.md": "the same",
      "node_modules/b/LICENSE.md": "MIT",
      "node_modules/b/ThirdPartyNotices.md": "others",
    });
    const { documents, found, leftOut } = await collectDocuments(path.join(root, "node_modules"));
    expect(documents.map(({ name }) => name)).toEqual(["a/README.md"]);
    expect({ found, ...leftOut }).toEqual({
      found: 4,
      licenses: 2,
      copies: 0,
      duplicates: 1,
    });
  });

  test("the newest part of a long changelog counts, in whole lines", async () => {
    const root = await temporaryFolder({
      "node_modules/a/CHANGELOG.md": "- one change\n".repeat(5_000),
    });
    const { documents } = await collectDocuments(path.join(root, "node_modules"));
    const text = documents[0]?.text ?? "";
    expect(text.length).toBeLessThanOrEqual(NEWEST_OF_CHANGELOG);
    expect(text.endsWith("- one change")).toBe(true);
  });
});

describe("any other folder", () => {
  test("takes plain text too, skips node_modules and hidden indexes, and writes nothing", async () => {
    const root = await temporaryFolder({
      "notes/today.txt": "what happened",
      README: "start here",
      "node_modules/a/README.md": "not mine",
      ".git/description.txt": "not mine either",
      "picture.png": "no text",
    });
    const before = await readdir(root, { recursive: true });
    const { documents } = await collectDocuments(root);
    expect(documents.map(({ name }) => name)).toEqual(["README", "notes/today.txt"]);
    expect(await readdir(root, { recursive: true })).toEqual(before);
  });

  test("removes control characters", async () => {
    const root = await temporaryFolder({ "a.md": "plain \u001B[31mred\u001B[0m\u0007 text\r\nnext" });
    const { documents } = await collectDocuments(root);
    expect(documents.map(({ text }) => text)).toEqual(["plain red text\nnext"]);
  });

  test("removes what turns the direction of writing, and reads line ends of every system", async () => {
    const root = await temporaryFolder({ "a.md": "one\r\ntwo\rthree \u202Efour\u2066" });
    const { documents } = await collectDocuments(root);
    expect(documents.map(({ text }) => text)).toEqual(["one\ntwo\nthree four"]);
  });

  test.skipIf(process.platform === "win32")("a name with control characters does not reach the terminal", async () => {
    const root = await temporaryFolder({ "a\u001B[2J\n.md": "text" });
    expect((await collectDocuments(root)).documents.map(({ name }) => name)).toEqual(["a?[2J?.md"]);
  });

  test("reads UTF-8 and UTF-16, with a byte order mark that is no part of the text", async () => {
    const root = await temporaryFolder({ "utf-8.md": "\uFEFFgrüßen" });
    const bytes = Buffer.from("\uFEFFverabschieden, größer", "utf16le");
    await writeFile(path.join(root, "utf-16le.txt"), bytes);
    await writeFile(path.join(root, "utf-16be.txt"), Buffer.from("\uFEFFempfangen", "utf16le").swap16());
    const { documents, odd } = await collectDocuments(root);
    expect(odd).toEqual([]);
    expect(documents.map(({ text }) => text)).toEqual(["empfangen", "verabschieden, größer", "grüßen"]);
  });

  test.each([
    ["Latin-1", Buffer.from("die Größe der Bücher", "latin1"), /text in UTF-8, got another encoding, such as Latin-1/],
    ["Windows-1252", Buffer.from([0x93, 0x61, 0x94]), /got another encoding, such as Latin-1/],
    [
      "UTF-16 without a mark",
      Buffer.from("what was decided", "utf16le"),
      /text in UTF-8, got binary data, or UTF-16 without its mark/,
    ],
    ["UTF-32", Buffer.from("fffe000061000000", "hex"), /text in UTF-16LE, got UTF-32/],
    ["cut UTF-16", Buffer.from([0xff, 0xfe, 0x61, 0x00, 0x62]), /text in UTF-16LE, got binary/],
    ["a picture", Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"), /got binary data/],
    ["zeros", Buffer.alloc(100), /got binary data/],
    ["50 MB", Buffer.alloc(50_000_000, "a line of a log\n"), /at most 4 MB of text, got 50\.0 MB/],
  ])("a file of %s is left out and named with the reason, and the others are read", async (_name, bytes, reason) => {
    const root = await temporaryFolder({ "a.md": "a text", "z.txt": "another text" });
    await writeFile(path.join(root, "odd.md"), bytes);
    const { documents, odd, found, leftOut } = await collectDocuments(root);
    expect(documents.map(({ name }) => name)).toEqual(["a.md", "z.txt"]);
    expect(odd).toEqual([
      { name: "odd.md", reason: expect.objectContaining({ message: expect.stringMatching(reason) }) },
    ]);
    expect([found, leftOut]).toEqual([3, { licenses: 0, copies: 0, duplicates: 0 }]);
  });

  test("the error for a missing folder says what to do", async () => {
    const root = await temporaryFolder({ "file.md": "text" });
    await expect(collectDocuments(path.join(root, "missing"))).rejects.toThrow(/--dir/);
    await expect(collectDocuments(path.join(root, "file.md"))).rejects.toThrow(/which is not one/);
  });
});

async function names(root: string): Promise<string[]> {
  const { documents } = await collectDocuments(path.join(root, "node_modules"));
  return documents.map(({ name }) => name);
}
