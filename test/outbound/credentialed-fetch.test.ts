import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { credentialedFetch } from "../../src/outbound/credentialed-fetch.ts";

const send = credentialedFetch<string | URL | Request, RequestInit>(fetch);
const headers = { authorization: "Bearer key" };

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that redirects, and the requests that reach the target. */
async function redirecting(status: number) {
  const reached: unknown[] = [];
  const target = await serve((request, response) => {
    reached.push(request.headers.authorization);
    response.end("stolen");
  });
  const origin = await serve((_, response) => {
    response.writeHead(status, { location: `${target}/elsewhere?token=abc` }).end();
  });
  return { origin, target, reached };
}

describe("a request with credentials", () => {
  it.each([301, 302, 303, 307, 308])("does not follow a %i", async (status) => {
    const { origin, target, reached } = await redirecting(status);
    const asked = send(`${origin}/v1?key=secret`, { method: "POST", body: "prompt", headers });
    await expect(asked).rejects.toMatchObject({ name: "RedirectError", status });
    await expect(asked).rejects.toThrow(
      `${origin}/v1 answered ${status}, a redirect to ${target}/elsewhere. Redirects are not followed`,
    );
    expect(reached).toEqual([]);
  });

  it("does not follow a redirect even when its own options ask for it", async () => {
    const { origin, reached } = await redirecting(302);
    await expect(send(new Request(origin, { headers }))).rejects.toThrow("a redirect to");
    await expect(send(origin, { headers, redirect: "follow" })).rejects.toThrow("a redirect to");
    expect(reached).toEqual([]);
  });

  it("returns every other answer", async () => {
    const origin = await serve((request, response) => {
      response.writeHead(Number(request.url?.slice(1))).end();
    });
    for (const status of [200, 304, 404]) expect((await send(`${origin}/${status}`)).status).toBe(status);
  });
});
