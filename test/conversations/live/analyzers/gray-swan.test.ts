import { call, calls, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { offlineHost } from "../../../../src/agent/security/analyzer-host.ts";
import { createAnalyzer } from "../../../../src/agent/security/create-analyzer.ts";
import { ShellScanner } from "../../../../src/agent/security/worker/shell-scanner.ts";
import { securityAnalyzer } from "../../../../src/wire/agent/policies.ts";
import { echo } from "../../../agent/loop/harness.ts";
import { action } from "../../../agent/security/action.ts";
import { eventsOf, start, talk, withModels } from "../model-tools/with-models.ts";
import { answer, ratingService, type ServiceTurn } from "./rating-service.ts";

const ECHO = { tools: [{ name: "echo" }] };
const ASK_ABOUT_RISKS = { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: true };

interface Asked {
  analyzer?: object;
  environment?: Record<string, string>;
  more?: object;
}

/** Lets an agent call a tool once, under an analyzer that asks a service. */
async function rated(turn: ServiceTurn, { analyzer = {}, environment = {}, more = {} }: Asked = {}) {
  const service = await ratingService(turn);
  const first = scriptedLlm([call("echo", { text: "hi", security_risk: "LOW" }), say("Done.")]);
  const server = await withModels({ first }, { tools: [echo], environment });
  const id = await start(server, ECHO, {
    confirmation_policy: ASK_ABOUT_RISKS,
    security_analyzer: { kind: "GraySwanAnalyzer", api_url: service.url, api_key: "sk-swan", ...analyzer },
    ...more,
  });
  const events = await talk(server.ask, id);
  const { risks, details } = events.find(({ kind }) => kind === "SecurityAnalysisEvent");
  const { body } = await server.ask("GET", `/api/conversations/${id}`);
  const [risk] = Object.values(risks);
  const [about] = Object.values<{ error: string }>(details);
  return {
    risk,
    error: about?.error,
    status: body.execution_status,
    events,
    ...service,
    ask: server.ask,
    id,
  };
}

describe("a conversation whose actions GraySwan rates", () => {
  it("takes a score for the risk whose bounds it is in", async () => {
    const risks: unknown[] = [];
    for (const violation of [0, 0.3, 0.31, 0.7, 0.71, 1, 7]) {
      risks.push((await rated(answer({ violation }))).risk);
    }
    expect(risks).toEqual(["LOW", "LOW", "MEDIUM", "MEDIUM", "HIGH", "HIGH", "HIGH"]);
  });

  it("lets the agent go on with a low risk, and asks the user about a high one", async () => {
    expect((await rated(answer({ violation: 0.1 }))).status).toBe("finished");
    expect((await rated(answer({ violation: 0.9 }))).status).toBe("waiting_for_confirmation");
  });

  it("takes an injected instruction for a high risk, whatever the score", async () => {
    expect((await rated(answer({ violation: 0, ipi: true }))).risk).toBe("HIGH");
    expect((await rated(answer({ ipi: true }))).risk).toBe("HIGH");
  });

  it("sends the conversation from its system prompt on, and the action without the model's own rating", async () => {
    const { asked } = await rated(answer({ violation: 0 }), { analyzer: { policy_id: "mine" } });
    expect(asked[0]?.authorization).toBe("Bearer sk-swan");
    expect(asked[0]?.body).toEqual({
      policy_id: "mine",
      messages: [
        { role: "system", content: expect.stringContaining("agent") },
        { role: "user", content: "Go." },
        {
          role: "assistant",
          content: "",
          tool_calls: [
            {
              id: expect.any(String),
              type: "function",
              function: { name: "echo", arguments: '{"text":"hi"}' },
            },
          ],
        },
      ],
    });
  });

  it("sends the results of earlier actions, and no more events than the limit", async () => {
    const service = await ratingService(answer({ violation: 0 }));
    const first = scriptedLlm([call("echo", { text: "one" }), call("echo", { text: "two" }), say("Done.")]);
    const server = await withModels({ first }, { tools: [echo] });
    const id = await start(server, ECHO, {
      security_analyzer: { kind: "GraySwanAnalyzer", api_url: service.url, api_key: "k", history_limit: 2 },
    });
    await talk(server.ask, id);
    const roles = service.asked.map(({ body }) => body.messages.map(({ role }: { role: string }) => role));
    expect(roles[1]).toEqual(["system", "assistant", "tool", "assistant"]);
    expect(service.asked[1]?.body.messages[2]).toMatchObject({ content: "one" });
  });

  it("cuts long messages in the middle, and the action never", async () => {
    const service = await ratingService(answer({ violation: 0 }));
    const long = "x".repeat(5_000);
    const first = scriptedLlm([call("echo", { text: long }), say("Done.")]);
    const server = await withModels({ first }, { tools: [echo] });
    const id = await start(server, ECHO, {
      security_analyzer: {
        kind: "GraySwanAnalyzer",
        api_url: service.url,
        api_key: "k",
        max_message_chars: 100,
      },
    });
    await talk(server.ask, id, [{ type: "text", text: `begin ${long} end` }]);
    const [, user, last] = service.asked[0]?.body.messages ?? [];
    expect(user.content).toMatch(/^begin x+\n\[… \d+ characters …\]\nx+ end$/);
    expect(user.content.length).toBeLessThan(150);
    expect(last.tool_calls[0].function.arguments).toContain(long);
  });

  it("sends no secret of the conversation", async () => {
    const service = await ratingService(answer({ violation: 0 }));
    const first = scriptedLlm([call("echo", { text: "hunter-42-hunter" }), say("Done.")]);
    const server = await withModels({ first }, { tools: [echo] });
    const id = await start(server, ECHO, {
      secrets: { DOOR: { kind: "StaticSecret", value: "hunter-42-hunter" } },
      security_analyzer: { kind: "GraySwanAnalyzer", api_url: service.url, api_key: "sk-swan" },
    });
    await talk(server.ask, id, [{ type: "text", text: "It is hunter-42-hunter." }]);
    expect(service.asked).toHaveLength(1);
    expect(JSON.stringify(service.asked[0]?.body)).not.toContain("hunter-42-hunter");
  });

  it("shows its key nowhere", async () => {
    const { events, ask, id } = await rated(answer({ violation: 0 }));
    const info = await ask("GET", `/api/conversations/${id}`);
    expect(JSON.stringify([events, info])).not.toContain("sk-swan");
    // That there is one is shown, also within an ensemble; a key of a model is shown as absent, as that of the agent's.
    expect(info.body.security_analyzer.api_key).toBe("**********");
    const guard = {
      kind: "ToolShieldLLMSecurityAnalyzer",
      llm: { model: "openai/guard", api_key: "sk-guard" },
    };
    const swan = { kind: "GraySwanAnalyzer", api_key: "sk-swan" };
    const analyzers = [swan, { kind: "GraySwanAnalyzer" }, guard];
    const security_analyzer = { kind: "EnsembleSecurityAnalyzer", analyzers };
    await ask("POST", `/api/conversations/${id}/security_analyzer`, { security_analyzer });
    const ensemble = (await ask("GET", `/api/conversations/${id}`)).body.security_analyzer;
    expect(ensemble.analyzers).toMatchObject([
      { api_key: "**********" },
      { api_key: null },
      { llm: { api_key: null } },
    ]);
  }, 60_000);

  it("rates each of several actions of one reply", async () => {
    const service = await ratingService(answer({ violation: 0.1 }), answer({ violation: 0.9 }));
    const texts = Array.from({ length: 9 }, (_, index): [string, Record<string, string>] => [
      "echo",
      { text: `${index}` },
    ]);
    const first = scriptedLlm([calls(...texts), say("Done.")]);
    const server = await withModels({ first }, { tools: [echo] });
    const id = await start(server, ECHO, {
      confirmation_policy: ASK_ABOUT_RISKS,
      security_analyzer: { kind: "GraySwanAnalyzer", api_url: service.url, api_key: "k" },
    });
    const events = await talk(server.ask, id);
    const { risks } = events.find(({ kind }) => kind === "SecurityAnalysisEvent");
    expect(Object.values(risks).filter((risk) => risk === "LOW")).toHaveLength(1);
    expect(Object.values(risks).filter((risk) => risk === "HIGH")).toHaveLength(8);
  });
});

describe("a service that does not answer as it should leaves an action unrated", () => {
  it("that fails, redirects, or answers in another form", async () => {
    const metadata = { location: "http://169.254.169.254/latest/meta-data/" };
    const cases: [ServiceTurn, RegExp][] = [
      [answer("no", 500), /answers 500/],
      [answer("no", 401), /answers 401/],
      [answer("", 302, metadata), /answers 302/],
      [answer("", 307, metadata), /answers 307/],
      [answer('{"violation": NaN}'), /no JSON/],
      [answer("<html>"), /no JSON/],
      [answer({}), /no score/],
      [answer({ violation: null }), /no score/],
      [answer({ violation: "0" }), /no score/],
      [answer({ violation: -1 }), /no score/],
      [answer("[]"), /no score/],
      [answer("null"), /no score/],
      [answer('{"violation": 0', 200), /no JSON/],
    ];
    for (const [turn, words] of cases) {
      const { risk, error, status } = await rated(turn);
      expect([risk, status]).toEqual(["UNKNOWN", "waiting_for_confirmation"]);
      expect(error).toMatch(words);
    }
  });

  it("that takes too long, from the first byte to the last", async () => {
    const silent = await rated(() => {}, { analyzer: { timeout: 0.05 } });
    expect([silent.risk, silent.error]).toEqual(["UNKNOWN", "GraySwan: no answer within 0.05 seconds"]);
    const dripping: ServiceTurn = (response) => {
      response.writeHead(200);
      response.write('{"violation": 0');
    };
    const slow = await rated(dripping, { analyzer: { timeout: 0.2 } });
    expect([slow.risk, slow.error]).toEqual(["UNKNOWN", "GraySwan: no answer within 0.2 seconds"]);
  });

  it("that answers without end", async () => {
    const { risk, error } = await rated(answer(`{"violation": 0, "x": "${"x".repeat(2_000_000)}"}`));
    expect([risk, error]).toEqual(["UNKNOWN", expect.stringContaining("larger than")]);
  });

  it("that lies at an address of the cloud", async () => {
    const { risk, asked } = await rated(answer({ violation: 0 }), {
      analyzer: { api_url: "http://169.254.169.254/monitor" },
    });
    expect([risk, asked]).toEqual(["UNKNOWN", []]);
  });

  it("for which there is no key", async () => {
    for (const api_key of [null, "", "  "]) {
      const { risk, error, asked } = await rated(answer({ violation: 0 }), { analyzer: { api_key } });
      expect([risk, asked]).toEqual(["UNKNOWN", []]);
      expect(error).toContain("no api_key");
    }
  });
});

describe("the key of the server for GraySwan", () => {
  it("goes to GraySwan alone, and wins there, with the policy of the server", async () => {
    const scanner = new ShellScanner();
    const asked: { url: string; authorization: string | undefined; policy: string }[] = [];
    const ask = async (api_url: string, api_key: string | null) => {
      const config = securityAnalyzer.parse({ kind: "GraySwanAnalyzer", api_url, api_key });
      const analyzer = await createAnalyzer(config, {
        ...offlineHost(scanner),
        graySwan: { apiKey: "sk-server", policyId: "server" },
        fetch: async (url, { headers, body }) => {
          asked.push({
            url: url.href,
            authorization: headers.Authorization,
            policy: JSON.parse(body).policy_id,
          });
          return Response.json({ violation: 0 });
        },
      });
      return analyzer(action("ls")).catch((error: Error) => error.message);
    };
    expect(await ask("https://api.grayswan.ai/cygnal/monitor", "sk-own")).toBe("LOW");
    expect(await ask("https://evil.example/monitor", "sk-own")).toBe("LOW");
    expect(await ask("https://evil.example/monitor", null)).toContain("no api_key");
    expect(await ask("http://api.grayswan.ai/monitor", null)).toContain("no api_key");
    expect(await ask("https://api.grayswan.ai.evil.example/monitor", null)).toContain("no api_key");
    expect(asked.map(({ url: _url, ...rest }) => rest)).toEqual([
      { authorization: "Bearer sk-server", policy: "server" },
      { authorization: "Bearer sk-own", policy: "689ca4885af3538a39b2ba04" },
    ]);
    await scanner.close();
  });

  it("is missed with a warning at the start, for no more than it is", async () => {
    const server = await withModels({ first: scriptedLlm([say("Done.")]) });
    const response = await server.ask("POST", "/api/conversations", {
      agent: { llm: { model: "openai/first" } },
      workspace: { working_dir: server.folder },
      security_analyzer: { kind: "GraySwanAnalyzer", api_url: "ftp://example.com", api_key: "k" },
    });
    expect(response).toMatchObject({
      status: 422,
      body: { detail: "security_analyzer.api_url: must be a URL that begins with https:// or http://" },
    });
  });
});

it("an interrupt ends the wait for a service", async () => {
  const service = await ratingService(() => {});
  const first = scriptedLlm([call("echo", { text: "hi" }), say("Done.")]);
  const server = await withModels({ first }, { tools: [echo] });
  const id = await start(server, ECHO, {
    security_analyzer: { kind: "GraySwanAnalyzer", api_url: service.url, api_key: "k" },
  });
  const running = talk(server.ask, id);
  await expect.poll(() => service.asked.length).toBe(1);
  await server.ask("POST", `/api/conversations/${id}/interrupt`);
  await running;
  const { body } = await server.ask("GET", `/api/conversations/${id}`);
  expect(body.execution_status).toBe("paused");
  expect((await eventsOf(server.ask, id)).some(({ kind }) => kind === "ObservationEvent")).toBe(false);
});
