import { expect, it, onTestFinished } from "vitest";
import { openLocal } from "../open-local.ts";

it("refuses to work on Windows, where agents would find neither bash nor their paths, and says what to do", async () => {
  const platform = Object.getOwnPropertyDescriptor(process, "platform") as PropertyDescriptor;
  onTestFinished(() => void Object.defineProperty(process, "platform", platform));
  Object.defineProperty(process, "platform", { ...platform, value: "win32" });
  await expect(openLocal()).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/WSL.*remoteWorkspace/s),
  });
});
