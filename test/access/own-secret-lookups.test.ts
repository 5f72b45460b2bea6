import { describe, expect, it } from "vitest";
import { callerOf, OPERATOR } from "../../src/http/access/caller.ts";
import { assertNamesNoOwnSecret } from "../../src/routes/access/own-secret-lookups.ts";

const WRITER = callerOf({ id: "ada" });
const lookup = (url: unknown, kind = "LookupSecret") => ({ kind, url, headers: {} });
const KEPT = lookup("http://localhost:8000/api/settings/secrets/TOKEN");

describe("a body of a caller who is no admin", () => {
  it.each([
    ["as a secret", { secrets: { TOKEN: KEPT } }],
    ["in a list", { items: [{ secrets: {} }, { secrets: { A: KEPT } }] }],
    ["in a list of lists", [[], [[1, KEPT]]]],
    ["behind one from elsewhere", { secrets: { A: lookup("https://vault.example/a"), B: KEPT } }],
    ["within one from elsewhere", { ...lookup("https://vault.example/a"), more: KEPT }],
    ["without a host", lookup("/api/settings/secrets/TOKEN")],
    ["below a path", lookup("https://a.example/agents/api/settings/secrets/TOKEN")],
    ["with a query", lookup("http://localhost/api/settings/secrets/TOKEN?a#b")],
    ["with other slashes", lookup("http:\\\\localhost\\api\\settings\\secrets\\TOKEN")],
    ["by a detour", lookup("http://localhost/api/x/../settings/./secrets/TOKEN")],
  ])("may not name a secret of the server %s", (_place, body) => {
    expect(() => assertNamesNoOwnSecret(body, WRITER)).toThrow(
      "Secrets of the server are looked up for admins only",
    );
    expect(() => assertNamesNoOwnSecret(body, OPERATOR)).not.toThrow();
  });

  it.each([
    ["another path", lookup("https://vault.example/api/settings/secrets")],
    ["a part of the path", lookup("https://vault.example/api/settings/secrets/A/versions")],
    ["a URL that is none", lookup("http://")],
    ["a URL that is no text", lookup(7)],
    ["a text in place of a lookup", lookup(KEPT.url, "StaticSecret")],
    ["words", KEPT.url],
    ["null", { secrets: null }],
  ])("may have %s", (_what, body) => {
    expect(() => assertNamesNoOwnSecret(body, WRITER)).not.toThrow();
  });
});
