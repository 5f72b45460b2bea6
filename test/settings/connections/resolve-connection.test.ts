import { memoryStore, type Store } from "agent-server";
import { expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/logger.ts";
import { createCipher } from "../../../src/secrets/cipher.ts";
import { referToConnection } from "../../../src/settings/connections/connection-collection.ts";
import { ProviderConnections } from "../../../src/settings/connections/provider-connections.ts";
import { resolveConnection } from "../../../src/settings/connections/resolve-connection.ts";
import { Documents } from "../../../src/settings/documents/documents.ts";

function openOn(store: Store, secretKey = "key") {
  const cipher = createCipher(secretKey);
  const documents = new Documents({ store: store.documents, cipher, logger: silentLogger });
  return { documents, connections: new ProviderConnections(documents, systemClock) };
}

const request = { display_name: "Mine", provider: "custom", api_key: "sk-shared", base_url: null };
const llm = { model: "m", api_key: null, base_url: "https://own.test" };

it("a linked model has the key and the address of its connection, also an absent address", async () => {
  const { connections } = openOn(memoryStore());
  const { id } = await connections.create(request);
  const linked = { ...llm, provider_connection_id: id };
  expect(await resolveConnection(linked, connections)).toEqual({
    ...linked,
    api_key: "sk-shared",
    base_url: null,
  });
  expect(await resolveConnection(llm, connections)).toBe(llm);
});

it("a model whose connection is gone is refused by its name, unless it has a key", async () => {
  const { connections } = openOn(memoryStore());
  const linked = { ...llm, provider_connection_id: "gone" };
  await expect(resolveConnection(linked, connections, "fast")).rejects.toMatchObject({
    code: "unprocessable",
    detail:
      "Profile 'fast' references provider connection 'gone', which does not exist. Update the profile or recreate " +
      "the connection.",
  });
  await expect(resolveConnection(linked, connections)).rejects.toThrow(/^LLM config references/);
  const withKey = { ...linked, api_key: "sk-own" };
  expect(await resolveConnection(withKey, connections)).toBe(withKey);
});

it("a connection whose key cannot be read is an error rather than a model without a key", async () => {
  const store = memoryStore();
  const { id } = await openOn(store).connections.create(request);
  const { connections } = openOn(store, "wrong");
  const linked = { ...llm, provider_connection_id: id };
  await expect(resolveConnection(linked, connections)).rejects.toMatchObject({ code: "bad_request" });
});

it("a connection that is removed while another server refers to it is seen by one of the two", async () => {
  const store = memoryStore();
  const [here, there] = [openOn(store), openOn(store)];
  const { id } = await here.connections.create(request);
  let tries = 0;
  const found = await here.documents.edit(async (edit) => {
    const connection = await referToConnection(edit, id);
    tries += 1;
    if (tries === 1) await there.connections.remove(id);
    return connection;
  });
  expect([found, tries]).toEqual([null, 2]);
});
