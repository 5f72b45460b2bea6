import type { Scenario } from "../../scenario.ts";

const PATH = "/api/acp/models";
const PROGRAM = { agent_kind: "acp", acp_server: "custom", acp_command: ["/no/such/program"] };

export const acpScenarios: Scenario[] = [
  {
    name: "models of programs that cannot be started",
    script: [],
    drive: async (client) => {
      const { agent_kind: _, ...unnamed } = PROGRAM;
      for (const agent_settings of [PROGRAM, unnamed, { ...PROGRAM, acp_command: ["none"], nonsense: 1 }]) {
        await client.ask("POST", PATH, { agent_settings, refresh: true, extra: 1 });
      }
      const secrets = { TOKEN: { kind: "StaticSecret", value: "v" } };
      await client.ask("POST", PATH, { agent_settings: PROGRAM, secrets });
    },
  },
  {
    name: "questions for ACP models that are refused",
    script: [],
    drive: async (client) => {
      for (const body of [
        {},
        { agent_settings: [] },
        { agent_settings: { agent_kind: "acp", acp_server: "custom" } },
        { agent_settings: { acp_server: "zed" } },
        { agent_settings: { agent_kind: "openhands" } },
        { agent_settings: { ...PROGRAM, acp_startup_timeout: 0 } },
        { agent_settings: PROGRAM, secrets: null },
        { agent_settings: PROGRAM, secrets: { A: { value: "x" } }, refresh: "perhaps" },
      ]) {
        await client.ask("POST", PATH, body);
      }
      await client.ask("POST", PATH, "no JSON");
      await client.ask("POST", PATH);
    },
  },
];
