import { defineTool } from "agent-server";
import { call, crashPoints, say, scriptedLlm } from "agent-server/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { postgresStore } from "../../../src/stores/postgres.ts";
import { dropSchema, emptySchema, newSchema, type TestSchema } from "../../postgres/test-postgres.ts";

const STEPS = [call("deploy", { version: "1" }), say("Done.")];

let schema: TestSchema;
beforeAll(async () => {
  schema = await newSchema();
});
afterAll(() => dropSchema(schema));

/** A tool that must not run twice for one call. */
function setup() {
  const deploy = defineTool({
    name: "deploy",
    description: "Deploys a version",
    input: z.object({ version: z.string() }),
    run: ({ version }) => `deployed ${version}`,
  });
  return { llm: scriptedLlm(STEPS, { position: "prompt" }), tools: [deploy], patience: 60_000 };
}

async function openStore() {
  const store = postgresStore(schema);
  await store.open();
  await emptySchema(schema);
  return store;
}

it("a server killed at any commit to Postgres leaves a conversation that goes on, with nothing run twice", async () => {
  const { points } = await crashPoints({
    setup,
    openStore,
    messages: ["Go."],
    conversation: { confirmation_policy: { kind: "AlwaysConfirm" } },
  });
  expect(points).toBeGreaterThan(5);
}, 600_000);
