import { expect, it } from "vitest";
import { childEnvironment } from "../../../src/workspace/local/child-environment.ts";

it("lets through what is on the list and nothing else", () => {
  const environment = childEnvironment({
    PATH: "/bin",
    LC_TIME: "de_DE",
    OH_X: "1",
    OPENAI_API_KEY: "2",
    FOO: "3",
    HOME: "/h",
  });
  expect(environment).toEqual({
    PATH: "/bin",
    LC_TIME: "de_DE",
    HOME: "/h",
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    AI_AGENT: "openhands",
    PAGER: "cat",
    GIT_PAGER: "cat",
  });
});

it("takes what the operator lets through as it is", () => {
  const environment = childEnvironment(
    { PATH: "/bin" },
    { OPENAI_API_KEY: "x", PATH: "/opt", PAGER: undefined },
  );
  expect(environment).toMatchObject({ OPENAI_API_KEY: "x", PATH: "/opt" });
  expect(environment).not.toHaveProperty("PAGER");
});

it("keeps a locale that is set and finds programs where nothing is", () => {
  expect(childEnvironment({ LC_ALL: "de_DE.UTF-8" })).not.toHaveProperty("LANG");
  expect(childEnvironment({}).PATH).toContain("/usr/bin");
});

it("says which agent runs a command, unless the server itself runs below one", () => {
  expect(childEnvironment({}).AI_AGENT).toBe("openhands");
  expect(childEnvironment({ AI_AGENT: "other" }).AI_AGENT).toBe("other");
});

it.each([
  "SESSION_API_KEY",
  "OH_SESSION_API_KEYS",
  "OH_SESSION_API_KEYS_0",
  "OH_PREVIOUS_SECRET_KEYS",
  "OH_PREVIOUS_SECRET_KEYS_0",
  "OH_SECRET_KEY",
  "LMNR_PROJECT_API_KEY",
  "OTEL_HEADERS",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
])("never shows %s to a command", (name) => {
  expect(childEnvironment({ [name]: "secret" })).not.toHaveProperty(name);
});
