import { describe, expect, it } from "vitest";
import { isLoopbackHost } from "../src/loopback.ts";

describe("a host name that reaches only this machine", () => {
  it.each(["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "::1", "[::1]"])("%s", (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });
});

describe("a host name that may reach other machines", () => {
  it.each(["0.0.0.0", "::", "127.0.0.1.example.com", "localhost.example.com", "128.0.0.1", "127.0.0", ""])(
    "%s",
    (host) => {
      expect(isLoopbackHost(host)).toBe(false);
    },
  );
});
