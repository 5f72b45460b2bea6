import { describe, expect, it } from "vitest";
import { loadConfiguration } from "../../src/configuration/load-configuration.ts";

const options = (environment: Record<string, string>, file?: string) =>
  loadConfiguration({
    environment,
    ...(file === undefined ? {} : { file: { path: "config.json", text: file } }),
  }).options;

describe("session keys", () => {
  it("come from numbered variables up to the first gap", () => {
    expect(
      options({ OH_SESSION_API_KEYS_0: "a", OH_SESSION_API_KEYS_1: "b", OH_SESSION_API_KEYS_3: "d" }).apiKeys,
    ).toEqual(["a", "b"]);
  });

  it("come from a JSON array whose items numbered variables override", () => {
    expect(options({ OH_SESSION_API_KEYS: '["a","b"]', OH_SESSION_API_KEYS_0: "x" }).apiKeys).toEqual([
      "x",
      "b",
    ]);
  });

  it("come from SESSION_API_KEY when nothing else names any", () => {
    expect(options({ SESSION_API_KEY: "legacy" }).apiKeys).toEqual(["legacy"]);
    expect(options({ SESSION_API_KEY: "legacy" }, '{"session_api_keys":["file"]}').apiKeys).toEqual(["file"]);
  });

  it("are switched off by an empty JSON array", () => {
    expect(options({ SESSION_API_KEY: "legacy", OH_SESSION_API_KEYS: "[]" }).apiKeys).toEqual([]);
  });

  it("of the environment replace those of the file, so that no old key stays valid", () => {
    expect(
      options({ OH_SESSION_API_KEYS_0: "new" }, '{"session_api_keys":["old-a","old-b"]}').apiKeys,
    ).toEqual(["new"]);
  });

  it("are refused when written as a comma-separated text", () => {
    expect(() => options({ OH_SESSION_API_KEYS: "a,b" })).toThrow(/OH_SESSION_API_KEYS: expected JSON/);
  });
});

it("the source of skills of other programs is one of two", () => {
  expect(options({ OH_ACP_SKILL_SOURCING: "openhands_managed" }).acpSkillSourcing).toBe("openhands_managed");
  expect(options({}).acpSkillSourcing).toBeUndefined();
  expect(() => options({ OH_ACP_SKILL_SOURCING: "both" })).toThrow(/acp_skill_sourcing/);
});

describe("the secret key", () => {
  it("falls back to SESSION_API_KEY, then to the first numbered session key", () => {
    expect(options({ OH_SECRET_KEY: "s", SESSION_API_KEY: "k" }).secretKey).toBe("s");
    expect(options({ SESSION_API_KEY: "k", OH_SESSION_API_KEYS_0: "n" }).secretKey).toBe("k");
    expect(options({ OH_SESSION_API_KEYS_0: "n" }).secretKey).toBe("n");
    expect(options({ OH_SESSION_API_KEYS: '["json"]' }).secretKey).toBeUndefined();
  });

  it("is not set when it is blank, so that the session key takes its place", () => {
    for (const blank of ["", "  \t"]) {
      expect(options({ OH_SECRET_KEY: blank, SESSION_API_KEY: "k" }).secretKey).toBe("k");
      expect(options({ OH_SECRET_KEY: blank }).secretKey).toBeUndefined();
    }
    expect(options({ OH_SECRET_KEY: "", OH_SESSION_API_KEYS_0: "" }).secretKey).toBeUndefined();
  });

  it("has predecessors, of which blank and repeated ones are dropped", () => {
    const environment = { OH_SECRET_KEY: "s", OH_PREVIOUS_SECRET_KEYS: '["b"," ","a","b","s"]' };
    expect(options(environment).previousSecretKeys).toEqual(["b", "a"]);
    expect(options({ OH_SECRET_KEY: "s", OH_PREVIOUS_SECRET_KEYS_0: "b" }).previousSecretKeys).toEqual(["b"]);
    const { warnings, options: keyless } = loadConfiguration({
      environment: { OH_PREVIOUS_SECRET_KEYS_0: "b" },
    });
    expect(keyless.previousSecretKeys).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/^previous_secret_keys: .* no effect/)]);
  });

  it("is none when the environment says so, whatever the file says", () => {
    const environment = { OH_SECRET_KEY_IS_NONE: "1", SESSION_API_KEY: "k" };
    expect(options(environment, '{"secret_key":"file"}').secretKey).toBeUndefined();
  });
});

describe("empty session keys", () => {
  it("are dropped", () => {
    expect(options({ OH_SESSION_API_KEYS: '["","a"]' }).apiKeys).toEqual(["a"]);
    expect(options({ OH_SESSION_API_KEYS_0: "" }).apiKeys).toEqual([]);
    expect(options({ SESSION_API_KEY: "" }).apiKeys).toEqual([]);
  });
});

describe("the runtime", () => {
  it("is this machine; a container stops the start", () => {
    expect(() => options({ OH_CONVERSATION_RUNTIME: "local" })).not.toThrow();
    expect(() => options({ OH_CONVERSATION_RUNTIME: "docker" })).toThrow(
      "conversation_runtime: only 'local' is served",
    );
  });
});

describe("the config file", () => {
  it("is overridden by the JSON in OH, and that by single variables", () => {
    const file = '{"conversations_path":"file","web_url":"http://file"}';
    const environment = { OH: '{"conversations_path":"whole"}', OH_WEB_URL: "http://single" };
    expect(options(environment, file)).toMatchObject({ conversationsPath: "whole", webUrl: "http://single" });
  });

  it("is overridden by a variable that says none, where a setting may be none", () => {
    const file = '{"conversation_idle_ttl_seconds":60,"conversations_path":"file"}';
    const environment = {
      OH_CONVERSATION_IDLE_TTL_SECONDS_IS_NONE: "true",
      OH_CONVERSATIONS_PATH_IS_NONE: "1",
    };
    expect(options(environment, file)).toMatchObject({ idleTtlSeconds: null, conversationsPath: "file" });
  });

  it("stops the start when it is not a JSON object, naming the file", () => {
    expect(() => options({}, "[]")).toThrow("config.json: expected a JSON object");
    expect(() => options({}, "{")).toThrow(/config.json: not valid JSON/);
  });

  it("stops the start on a value of the wrong type, naming the setting", () => {
    expect(() => options({}, '{"session_api_keys":"abc"}')).toThrow(/session_api_keys: /);
    expect(() => options({ OH_CONVERSATION_IDLE_TTL_SECONDS: "soon" })).toThrow(
      /OH_CONVERSATION_IDLE_TTL_SECONDS: expected a number/,
    );
  });
});

describe("the editor", () => {
  it("is offered unless it is switched off, to other machines only where there are keys", () => {
    expect(options({}).vscode).toEqual({ host: "127.0.0.1" });
    expect(options({ OH_SESSION_API_KEYS_0: "k" }).vscode).toEqual({ host: "0.0.0.0" });
    for (const off of ["0", "false", "no", "on"])
      expect(options({ OH_ENABLE_VSCODE: off }).vscode).toBeNull();
    expect(options({}, '{"enable_vscode":false}').vscode).toBeNull();
  });

  it("has a port and a path", () => {
    expect(
      options({ OH_ENABLE_VSCODE: "TRUE", OH_VSCODE_PORT: "9001", OH_VSCODE_BASE_PATH: "/vscode" }).vscode,
    ).toEqual({ host: "127.0.0.1", port: 9001, basePath: "/vscode" });
    expect(() => options({ OH_VSCODE_PORT: "70000" })).toThrow(/vscode_port/);
    expect(() => options({ OH_VSCODE_PORT: "x" })).toThrow(/OH_VSCODE_PORT: expected a number/);
  });
});

it("the browser of agents can be switched off", () => {
  expect(options({ OH_ENABLE_BROWSER: "0" }).browser).toBe(false);
  expect(options({ OH_ENABLE_BROWSER: "1" }).browser).toBeUndefined();
});

describe("what is not understood", () => {
  const warnings = (environment: Record<string, string>, text = "{}") =>
    loadConfiguration({ environment, file: { path: "config.json", text } }).warnings;

  it("is warned about by name, whether unknown or without effect here", () => {
    expect(warnings({ OH_STATIC_FILES_PATH: "0", OH_TYPO: "1" })).toEqual([
      "OH_STATIC_FILES_PATH: this setting has no effect",
      "OH_TYPO: unknown variable, ignored",
    ]);
    expect(warnings({}, '{"static_files_path":"/srv","typo":1}')).toEqual([
      "static_files_path: this setting has no effect",
      "typo: unknown setting, ignored",
    ]);
  });

  it("is told by the longest name, where one name begins with another", () => {
    expect(warnings({ OH_CONVERSATION_RUNTIME: "local", OH_CONVERSATION_RUNTIME_SELECTABLE: "1" })).toEqual([
      "OH_CONVERSATION_RUNTIME_SELECTABLE: this setting has no effect",
    ]);
  });

  it("says nothing about variables it acts on", () => {
    expect(
      warnings({ OH_SECRET_KEY: "s", OH_SESSION_API_KEYS_0: "k", OH_INTERNAL_SERVER_URL: "u", HOME: "/" }),
    ).toEqual([]);
  });
});

it("an idle time of none keeps conversations in memory", () => {
  expect(options({ OH_CONVERSATION_IDLE_TTL_SECONDS_IS_NONE: "1" }).idleTtlSeconds).toBeNull();
  expect(options({ OH_CONVERSATION_IDLE_TTL_SECONDS: "60" }).idleTtlSeconds).toBe(60);
});

it("runs at work at once are a whole number of at least one", () => {
  expect(options({ OH_MAX_CONCURRENT_RUNS: "3" }).maxConcurrentRuns).toBe(3);
  expect(options({ OH_BASH_EVENTS_RETENTION_SECONDS: "60" }).bashEventsRetentionSeconds).toBe(60);
  expect(options({ OH_BASH_EVENTS_RETENTION_SECONDS_IS_NONE: "1" }).bashEventsRetentionSeconds).toBeNull();
  expect(() => options({ OH_BASH_EVENTS_RETENTION_SECONDS: "0" })).toThrow(/bash_events_retention_seconds/);
  expect(() => options({ OH_MAX_CONCURRENT_RUNS: "0" })).toThrow(/max_concurrent_runs/);
});

describe("marketplaces", () => {
  it("are a JSON array of objects", () => {
    const full = { name: "a", source: "github:o/r", ref: "v1", repo_path: "m", auto_load: ["x"] };
    const registered = JSON.stringify([full, { name: "b", source: "/b" }]);
    expect(options({ OH_REGISTERED_MARKETPLACES: registered }).marketplaces).toEqual([
      full,
      { name: "b", source: "/b", ref: null, repo_path: null, auto_load: false },
    ]);
    expect(options({})).not.toHaveProperty("marketplaces");
  });

  it("of another form stop the start", () => {
    for (const text of ["[", "{}", '["a"]', '[{"name": "a"}]']) {
      expect(() => options({ OH_REGISTERED_MARKETPLACES: text })).toThrow(/registered_marketplaces/i);
    }
    expect(() => options({ OH_REGISTERED_MARKETPLACES_0_NAME: "a" })).toThrow(
      /OH_REGISTERED_MARKETPLACES_0_NAME: expected no such variable/,
    );
  });
});

it("the folder of the user's files is the reference's variable, unless that is empty", () => {
  expect(options({ OH_PERSISTENCE_DIR: "/mnt/me" }).userDir).toBe("/mnt/me");
  expect(options({ OH_PERSISTENCE_DIR: "" })).not.toHaveProperty("userDir");
});

describe("the priority of terminals", () => {
  it("is the server's own only where the reference's variable says none", () => {
    expect(options({}).terminalPriority).toBeUndefined();
    expect(options({ OH_TERMINAL_PROCESS_PRIORITY: "low" }).terminalPriority).toBeUndefined();
    expect(options({ OH_TERMINAL_PROCESS_PRIORITY: " None " }).terminalPriority).toBe("normal");
  });
});

describe("the place where models get a new key", () => {
  const refresh = {
    OH_LLM_API_KEY_REFRESH_URL: "https://control.test/key",
    OH_LLM_API_KEY_REFRESH_BASE_URLS: "https://proxy.test/v1, https://other.test",
  };

  it("is read with the models it is for, and headers that may name variables", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: names a variable
    const headers = '{"X-Session-API-Key":"${OH_SESSION_API_KEYS_0}","X-Box":"$BOX-$NONE"}';
    const environment = {
      ...refresh,
      OH_LLM_API_KEY_REFRESH_HEADERS: headers,
      OH_SESSION_API_KEYS_0: "s",
      BOX: "b",
    };
    expect(options(environment).keyRefresh).toEqual({
      url: "https://control.test/key",
      baseUrls: ["https://proxy.test/v1", "https://other.test"],
      headers: { "X-Session-API-Key": "s", "X-Box": "b-$NONE" },
    });
  });

  it("has no effect without the models, so that no user's own model gets the operator's key", () => {
    const { options: read, warnings } = loadConfiguration({
      environment: { OH_LLM_API_KEY_REFRESH_URL: "https://control.test/key" },
    });
    expect(read).not.toHaveProperty("keyRefresh");
    expect(warnings).toEqual([
      "OH_LLM_API_KEY_REFRESH_URL: has no effect without OH_LLM_API_KEY_REFRESH_BASE_URLS, which names the models' addresses",
    ]);
  });

  it.each(["[", "[]", "5"])("has no headers where they are not a JSON object: %s", (headers) => {
    const environment = { ...refresh, OH_LLM_API_KEY_REFRESH_HEADERS: headers };
    const { options: read, warnings } = loadConfiguration({ environment });
    expect(read.keyRefresh?.headers).toEqual({});
    expect(warnings).toEqual(["OH_LLM_API_KEY_REFRESH_HEADERS: not a JSON object, ignored"]);
  });
});
