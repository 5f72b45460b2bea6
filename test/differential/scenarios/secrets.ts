import { finish, run, type Scenario } from "../scenario.ts";

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
      script: [run("echo $TOKEN_D $TOKEN_E $TOKEN_F"), finish],
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
      name: "secrets of the agent's context",
      script: [run("echo $TOKEN_I"), finish],
      agent: { agent_context: { secrets: { TOKEN_I: "value-of-i" } } },
    },
  ];
}
