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

const OF_A_FILE = "looks for the file of SQLite";
const SPREADS = "puts together a store of the parts of one in memory, which are plain objects there";

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
  { what: "nothing is shown before the disk has it", why: "watches how SQLite writes to the disk" },
  {
    what: "of a copy in a database that is killed at any part, nothing is left, and its id is free",
    why: OF_A_FILE,
  },
  { what: "a fixture is printed by the command", why: OF_A_FILE },
  { what: "does not overwrite the database of the server, by whatever name", why: OF_A_FILE },
  { what: "a branch is read from its end, and no further than it is asked", why: SPREADS },
  { what: "shows the beginning and the end of a long log, and counts the rest", why: SPREADS },
  { what: "keeps to its length and to a little memory, whatever is in the log", why: SPREADS },
  { what: "cuts an output of 50 MB, and says by how much", why: SPREADS },
  { what: "does not wait for results that never come", why: SPREADS },
  {
    what: "state, history and feed meet without a gap or a repetition, whenever watching begins",
    why: "wants watches to begin between commits by turns of the event loop, and a commit takes longer",
  },
  { what: "wins over an import of the same moment", why: "looks at the size of SQLite's file" },
];
