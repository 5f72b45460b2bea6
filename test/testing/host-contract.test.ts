import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { agentServer } from "agent-server/express";
import { attachWebSockets, toNodeHandler } from "agent-server/node";
import { hostContract } from "agent-server/testing";
import express from "express";
import { describe, expect, it } from "vitest";

describe("the host contract", () => {
  describe("holds for listen", () => {
    for (const { name, run } of hostContract((server) => server.listen())) it(name, run);
  });

  describe("holds for an Express app, below a path", () => {
    const start = async (server: Parameters<Parameters<typeof hostContract>[0]>[0]) => {
      const app = express();
      app.use("/agents", agentServer(server));
      const httpServer = app.listen(0, "127.0.0.1");
      await new Promise((resolve) => httpServer.once("listening", resolve));
      const { port } = httpServer.address() as AddressInfo;
      const close = () => new Promise((resolve) => httpServer.close(resolve));
      return { url: `http://127.0.0.1:${port}/agents`, close };
    };
    for (const { name, run } of hostContract(start)) it(name, run);
  });

  it("finds a host that does not say where requests come from", async () => {
    const checks = hostContract(async (server) => {
      const httpServer = createServer(async (request, response) => {
        const answer = await server.fetch(new Request(`http://localhost${request.url}`));
        response.writeHead(answer.status).end(await answer.text());
      });
      attachWebSockets(httpServer, server);
      await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
      const { port } = httpServer.address() as AddressInfo;
      const close = () => new Promise((resolve) => httpServer.close(resolve));
      return { url: `http://127.0.0.1:${port}`, close };
    });
    await expect(checks.find(({ name }) => name.includes("peer"))?.run()).rejects.toThrow(
      'the host gave the peers [null,"127.0.0.1"]',
    );
  });

  it("finds a host that loses what a request says", async () => {
    const checks = hostContract(async (server) => {
      const handle = toNodeHandler(server);
      const httpServer = createServer((request, response) => {
        request.url = request.url?.replace(/\?.*/, "");
        handle(request, response);
      });
      await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
      const { port } = httpServer.address() as AddressInfo;
      const close = () => new Promise((resolve) => httpServer.close(resolve));
      return { url: `http://127.0.0.1:${port}`, close };
    });
    const check = checks.find(({ name }) => name.includes("query"));
    await expect(check?.run()).rejects.toThrow();
    await checks.find(({ name }) => name === "answers a request")?.run();
  });
});
