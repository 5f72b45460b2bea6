import { createServer, memoryStore, type ServerOptions } from "agent-server";
import { describe, expect, it } from "vitest";

const WHOLE: ServerOptions = {
  apiKeys: ["key"],
  secretKey: "secret",
  store: memoryStore(),
  logger: "silent",
  cluster: { address: "http://10.0.0.1:8000/agents/" },
};

describe("the option cluster", () => {
  it("needs a store, a secret key and an address that others reach", () => {
    const refusals: [Partial<ServerOptions>, RegExp][] = [
      [{ store: undefined }, /^cluster: needs a store/],
      [{ secretKey: undefined }, /^cluster: needs secretKey \(OH_SECRET_KEY\)/],
      [{ deferredInit: true }, /^cluster: .*deferredInit/],
      [{ apiKeys: [], keyless: "loopback" }, /^cluster: without keys only this machine is served/],
      ...[
        "",
        "10.0.0.1:8000",
        "ftp://10.0.0.1",
        "http://u:p@10.0.0.1",
        "http://10.0.0.1/?x",
        "http://10.0.0.1/#x",
      ].map((address): [Partial<ServerOptions>, RegExp] => [
        { cluster: { address } },
        /^cluster\.address: must be/,
      ]),
      ...["http://0.0.0.0:8000", "http://[::]:8000", "http://10.0.0.1:0"].map(
        (address): [Partial<ServerOptions>, RegExp] => [
          { cluster: { address } },
          /^cluster\.address: .*cannot reach/,
        ],
      ),
      [{ cluster: {} as never }, /^cluster\.address: must be/],
    ];
    for (const [change, message] of refusals) {
      expect(() => createServer({ ...WHOLE, ...change } as ServerOptions)).toThrow(message);
    }
  });

  it("is shown without a slash at the end of the address, and is absent in a server alone", async () => {
    await using server = createServer(WHOLE);
    expect(server.options.cluster).toEqual({ address: "http://10.0.0.1:8000/agents" });
    await using alone = createServer({ ...WHOLE, cluster: undefined, store: memoryStore() } as ServerOptions);
    expect(alone.options.cluster).toBeNull();
  });
});
