/** Tests of all that is kept in a store. */
export const SUITES = [
  "acp",
  "agent",
  "bash",
  "conversations",
  "crash",
  "events",
  "gateway",
  "hosts",
  "mcp",
  "routes",
  "server",
  "settings",
  "streams",
  "testing",
  "webhooks",
  "postgres/suites",
].map((folder) => `test/${folder}/**/*.test.ts`);

/** What is not run on Postgres, and why. */
interface LeftOut {
  /** The path of a file, or the end of the name of a test. */
  what: string;
  why: string;
}

export const FILES_LEFT_OUT: readonly LeftOut[] = [
  {
    what: "test/conversations/failing-disk.test.ts",
    why: "makes the disk of SQLite fail; test/stores/postgres/faults.test.ts is its like",
  },
  { what: "test/routes/damage.test.ts", why: "damages the rows of SQLite's file by its own statements" },
];

export const TESTS_LEFT_OUT: readonly LeftOut[] = [
  {
    what: "goes on where an import was cut short by the end of the server",
    why: "looks at the size of SQLite's file",
  },
  {
    what: "no call has two results or runs after its rejection",
    why: "disturbs runs by turns of the event loop: with commits that take time, none gets as far as a call",
  },
  {
    what: "leaves the server dormant when it cannot be configured so, says why, and may be sent again",
    why: "gives a folder in which SQLite cannot open its file",
  },
  { what: "wins over an import of the same moment", why: "looks at the size of SQLite's file" },
];
