/** A source, and the tests that hold it. */
export interface Target {
  file: string;
  tests: readonly string[];
}

const CONFIRMATION = [
  "test/agent/loop/confirmation/answers.test.ts",
  "test/agent/loop/confirmation/confirmation.test.ts",
  "test/agent/loop/confirmation/risk-analysis.test.ts",
  "test/conversations/sub-agents/confirmation.test.ts",
  "test/conversations/confirmation.test.ts",
];
const AUTHENTICATION = "test/http/admission/authentication.test.ts";
const SQLITE = [
  "test/stores/sqlite.test.ts",
  "test/stores/sqlite/database.test.ts",
  "test/stores/sqlite/sync.test.ts",
  "test/stores/contract.test.ts",
];

/** The sources whose mistakes would cost most: the log, the confirmation, the admission and the stores. */
export const TARGETS: readonly Target[] = [
  ...["event-log", "stamp-event", "feeds/frame-publisher"].map((name) => ({
    file: `src/events/${name}.ts`,
    tests: [
      "test/events/event-log.test.ts",
      "test/events/append-ahead.test.ts",
      "test/events/log-frames.test.ts",
    ],
  })),
  ...["confirmation", "needs-confirmation", "questions", "risk-analysis"].map((name) => ({
    file: `src/agent/loop/confirmation/${name}.ts`,
    tests: CONFIRMATION,
  })),
  {
    file: "src/http/admission/authentication.ts",
    tests: ["test/http/admission/callers.test.ts", AUTHENTICATION, "test/http/http-core.test.ts"],
  },
  {
    file: "src/http/admission/credentials.ts",
    tests: ["test/http/admission/callers.test.ts", AUTHENTICATION],
  },
  { file: "src/http/admission/session-tokens.ts", tests: ["test/http/admission/session-tokens.test.ts"] },
  {
    file: "src/http/admission/host-guard.ts",
    tests: ["test/http/admission/host-guard.test.ts", "test/http/cors.test.ts", AUTHENTICATION],
  },
  ...["key-attempts", "address-group"].map((name) => ({
    file: `src/http/admission/${name}.ts`,
    tests: ["test/http/admission/key-attempts.test.ts"],
  })),
  { file: "src/http/admission/peer-guard.ts", tests: ["test/http/admission/peer-guard.test.ts"] },
  ...["principal", "http/access/caller", "http/access/concealment", "http/access/route-access"].map(
    (name) => ({
      file: `src/${name}.ts`,
      tests: ["test/access/reach.test.ts"],
    }),
  ),
  { file: "src/conversations/reach/reached.ts", tests: ["test/access/reach.test.ts"] },
  { file: "src/routes/access/own-secret-lookups.ts", tests: ["test/access/own-secret-lookups.test.ts"] },
  ...["access-keys", "in-force", "key-text"].map((name) => ({
    file: `src/settings/access-keys/${name}.ts`,
    tests: ["test/access/kept-keys.test.ts"],
  })),
  {
    file: "src/server/access/key-ring.ts",
    tests: ["test/access/remembered-keys.test.ts", "test/access/key-ring.test.ts"],
  },
  ...["route/route-handler", "sockets/socket-handler"].map((name) => ({
    file: `src/http/${name}.ts`,
    tests: [
      AUTHENTICATION,
      "test/http/sockets/key-streams.test.ts",
      "test/access/access-keys.test.ts",
      "test/access/audit.test.ts",
    ],
  })),
  { file: "src/stores/memory.ts", tests: ["test/stores/contract.test.ts"] },
  ...[
    "sqlite",
    "sqlite/writes",
    "sqlite/group-commit",
    "sqlite/log/log-ends",
    "sqlite/database",
    "sqlite/events",
  ].map((name) => ({
    file: `src/stores/${name}.ts`,
    tests: SQLITE,
  })),
];
