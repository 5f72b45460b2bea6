import { describe, expect, it } from "vitest";
import { isLoopbackAddress, isLoopbackHost } from "../src/loopback.ts";

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

describe("the address of a peer on this machine", () => {
  it.each(["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "::FFFF:127.0.0.1"])("%s", (address) => {
    expect(isLoopbackAddress(address)).toBe(true);
  });
});

describe("the address of a peer that may be elsewhere", () => {
  it.each([
    "",
    "localhost",
    "10.0.0.7",
    "::ffff:10.0.0.7",
    "fe80::1",
    "::",
    "0.0.0.0",
    "127.0.0.1.evil.example",
    "10.0.0.7, 127.0.0.1",
    "::1%eth0",
  ])("'%s'", (address) => {
    expect(isLoopbackAddress(address)).toBe(false);
  });
});
