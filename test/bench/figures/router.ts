import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRouter } from "../../../src/http/router.ts";
import type { Figure } from "../figure.ts";
import { median, range, rounded } from "../statistics.ts";

const ROUNDS = 9;
const MATCHES = 20_000;
const ID = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001";
/** What a host app serves itself: a file, a page, and a path that begins like one of the server's. */
const FOREIGN = ["/assets/app/main.js", "/blog/2026/11/some-post/", "/api/users/7"];

/** The whole protocol: methods and path templates of all operations. */
const operations = readFileSync(join(import.meta.dirname, "../operations.tsv"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => {
    const [method = "", path = ""] = line.split("\t");
    return { method, path };
  });

export const router: Figure = {
  name: "router",
  bar: `a match of ${operations.length} templates <= 2 us; a foreign request <= 1 us`,
  reference: false,
  async measure() {
    const { match, knows } = createRouter(
      operations.map((operation) => ({ ...operation, target: operation })),
    );
    const requests = operations.map(({ method, path }) => ({ method, path: path.replace(/\{[^}]+\}/g, ID) }));
    const matched = microsecondsOf(requests, ({ method, path }) => match(method, path).kind === "found");
    const foreign = microsecondsOf(FOREIGN, (path) => !knows(path));
    return {
      shown: `${matched.toFixed(2)} us a match, ${foreign.toFixed(2)} us a foreign request`,
      good: matched <= 2 && foreign <= 1,
      values: { match_us: rounded(matched), foreign_us: rounded(foreign) },
    };
  },
};

/** The median over rounds of what one call takes. Throws when a call does not find what it should. */
function microsecondsOf<T>(inputs: readonly T[], works: (input: T) => boolean): number {
  const rounds = range(ROUNDS).map(() => {
    const started = performance.now();
    for (let call = 0; call < MATCHES; call++) {
      const input = inputs[call % inputs.length] as T;
      if (!works(input)) throw new Error(`wrong answer for ${JSON.stringify(input)}`);
    }
    return ((performance.now() - started) * 1_000) / MATCHES;
  });
  return median(rounds);
}
