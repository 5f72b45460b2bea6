import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createListener } from "node:net";
import { tmpdir } from "node:os";
import { expect, it, onTestFinished } from "vitest";
import { parseArguments } from "../../../src/cli/parse-arguments.ts";
import { spawnCommand } from "../spawn-server.ts";

/** A server that answers each path with a status. */
async function serverOf(statuses: Record<string, number>): Promise<string> {
  const server = createServer((request, response) => {
    const status = statuses[request.url ?? ""] ?? 404;
    response.writeHead(status, { location: "/health" }).end("{}");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(args: string[]) {
  const command = spawnCommand({ cwd: tmpdir(), args: ["health", ...args] });
  const [code] = (await once(command.process, "close")) as [number | null];
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

it("ends with 0 when the server answers, and names what it asked", async () => {
  const url = await serverOf({ "/health": 200 });
  expect(await ask(["--host", url])).toEqual({ code: 0, stdout: `${url}/health: 200\n`, stderr: "" });
});

it("asks a server below a path, and whether it is ready", async () => {
  const url = await serverOf({ "/agents/health": 200, "/agents/ready": 503 });
  expect((await ask(["--host", `${url}/agents/`])).code).toBe(0);
  expect(await ask(["--host", `${url}/agents`, "--ready"])).toEqual({
    code: 1,
    stdout: "",
    stderr: `${url}/agents/ready: 503\n`,
  });
});

it("ends with 1 when something else answers, or nothing does", async () => {
  const url = await serverOf({ "/ready": 302, "/health": 200 });
  expect((await ask(["--host", url, "--ready"])).code).toBe(1);
  const closed = createListener().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  await new Promise((done) => closed.close(done));
  const { code, stderr } = await ask(["--host", `http://127.0.0.1:${port}`]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("ECONNREFUSED")]);
});

it("takes the address that a server has by default, and refuses one that is none", () => {
  const wanted = { name: "health", host: "http://127.0.0.1:8000/", ready: false };
  expect(parseArguments(["health"])).toEqual(wanted);
  expect(() => parseArguments(["health", "--host", "localhost"])).toThrow("--host: expected a URL");
  expect(() => parseArguments(["health", "now"])).toThrow("health: expected nothing but options");
});
