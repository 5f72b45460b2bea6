/** A source, and the tests that hold it. */
export interface Target {
  file: string;
  tests: readonly string[];
}

const CONFIRMATION = [
  "test/agent/loop/confirmation/confirmation.test.ts",
  "test/agent/loop/confirmation/risk-analysis.test.ts",
];
const SQLITE = [
  "test/stores/sqlite.test.ts",
  "test/stores/sqlite/database.test.ts",
  "test/stores/contract.test.ts",
];

/** The sources whose mistakes would cost most: the log, the confirmation, the admission and the stores. */
export const TARGETS: readonly Target[] = [
  {
    file: "src/events/event-log.ts",
    tests: [
      "test/events/event-log.test.ts",
      "test/events/append-ahead.test.ts",
      "test/events/log-frames.test.ts",
    ],
  },
  ...["confirmation", "needs-confirmation", "questions", "risk-analysis"].map((name) => ({
    file: `src/agent/loop/confirmation/${name}.ts`,
    tests: CONFIRMATION,
  })),
  ...["authentication", "credentials", "session-tokens", "host-guard"].map((name) => ({
    file: `src/http/admission/${name}.ts`,
    tests: ["test/http/admission/authentication.test.ts"],
  })),
  { file: "src/http/admission/key-attempts.ts", tests: ["test/http/admission/key-attempts.test.ts"] },
  { file: "src/http/admission/peer-guard.ts", tests: ["test/http/admission/peer-guard.test.ts"] },
  ...["access/concealment", "access/route-access"].map((name) => ({
    file: `src/http/${name}.ts`,
    tests: ["test/access/isolation.test.ts", "test/access/access-keys.test.ts"],
  })),
  ...["access-keys", "in-force", "key-text"].map((name) => ({
    file: `src/settings/access-keys/${name}.ts`,
    tests: ["test/access/access-keys.test.ts", "test/access/key-ring.test.ts"],
  })),
  { file: "src/stores/memory.ts", tests: ["test/stores/contract.test.ts"] },
  ...["sqlite", "sqlite/writes", "sqlite/log-ends", "sqlite/database", "sqlite/events"].map((name) => ({
    file: `src/stores/${name}.ts`,
    tests: SQLITE,
  })),
];
