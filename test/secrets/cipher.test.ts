import { describe, expect, test } from "vitest";
import { createCipher, createRotatingCipher, looksEncrypted } from "../../src/secrets/cipher.ts";
import tokens from "./fernet-tokens.json" with { type: "json" };

describe("createCipher", () => {
  test.each(tokens)("decrypts the reference's token of $text", ({ secretKey, text, token }) => {
    expect(createCipher(secretKey).decrypt(token)).toBe(text);
  });

  test("decrypts what it encrypted, differently each time", () => {
    const cipher = createCipher("key");
    const first = cipher.encrypt("пароль ☃ 🙂");
    const second = cipher.encrypt("пароль ☃ 🙂");
    expect(first).not.toBe(second);
    expect([cipher.decrypt(first), cipher.decrypt(second)]).toEqual(["пароль ☃ 🙂", "пароль ☃ 🙂"]);
  });

  test("writes padded URL-safe Base64 that is known by its beginning", () => {
    const cipher = createCipher("key");
    const many = [...Array(50).keys()].map((length) => cipher.encrypt("x".repeat(length)));
    expect(many.every((token) => /^gAAAAA[\w-]+={0,2}$/.test(token) && token.length % 4 === 0)).toBe(true);
    expect(many.every(looksEncrypted)).toBe(true);
    expect(looksEncrypted("gAAAA")).toBe(false);
  });

  test("gives null for tokens of another key, changed tokens and other texts", () => {
    const token = createCipher("key").encrypt("secret");
    expect(createCipher("other").decrypt(token)).toBeNull();
    const cipher = createCipher("key");
    for (const place of [0, 12, 40, token.length - 8]) {
      const changed = token.slice(0, place) + (token[place] === "B" ? "C" : "B") + token.slice(place + 1);
      expect(cipher.decrypt(changed)).toBeNull();
    }
    for (const text of ["", "gAAAAA", token.slice(0, 60), "sk-plain", "☃"])
      expect(cipher.decrypt(text)).toBeNull();
  });
});

test("createRotatingCipher reads the tokens of earlier keys and encrypts with the current one", () => {
  const cipher = createRotatingCipher({ secretKey: "new", previousSecretKeys: ["older", "oldest"] });
  for (const key of ["new", "older", "oldest"]) {
    expect(cipher.decrypt(createCipher(key).encrypt("secret"))).toBe("secret");
  }
  expect(cipher.decrypt(createCipher("stranger").encrypt("secret"))).toBeNull();
  expect(createCipher("new").decrypt(cipher.encrypt("secret"))).toBe("secret");
});
