// Runs before the tests: on an older Node they would fail one by one, each for another reason.
const [major, minor] = process.version.slice(1).split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`Expected Node 22.18 or newer, got ${process.version}. Install a newer one, and run this again.`);
  process.exitCode = 1;
}
