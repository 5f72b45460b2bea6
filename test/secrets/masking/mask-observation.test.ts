import { expect, it } from "vitest";
import { AgentServerError } from "../../../src/errors.ts";
import { maskError } from "../../../src/secrets/masking/mask-error.ts";
import { maskObservation } from "../../../src/secrets/masking/mask-observation.ts";
import { SECRET_MASK as HIDDEN, SecretMask } from "../../../src/secrets/masking/secret-mask.ts";
import { text } from "../../../src/wire/events/message.ts";
import type { Observation } from "../../../src/wire/events/observations.ts";

const VALUE = "hush-token-e4418b";
const ENCODED = Buffer.from(`..${VALUE}..`).toString("base64");

function observation(fields: Record<string, unknown>): Observation {
  return { content: [], is_error: false, kind: "CustomObservation", ...fields };
}

it("hides values in every field, however deep, and keeps their order", async () => {
  const original = observation({ a: { list: [VALUE, 1, null, { deep: `<${VALUE}>` }] }, b: VALUE });
  const masked = await maskObservation(original, SecretMask.of([VALUE]));
  expect(masked).toEqual(observation({ a: { list: [HIDDEN, 1, null, { deep: `<${HIDDEN}>` }] }, b: HIDDEN }));
  expect(Object.keys(masked)).toEqual(Object.keys(original));
});

it("leaves image data alone, although a value is found in it", async () => {
  const image = `data:image/png;base64,${ENCODED}`;
  const content = [
    { type: "image" as const, cache_prompt: false, image_urls: [image, `http://x/?${VALUE}`] },
    text(ENCODED),
  ];
  const original = observation({ content, screenshot_data: ENCODED, picture: image, other: ENCODED });
  const masked = await maskObservation(original, SecretMask.of([VALUE]));
  expect(masked).toMatchObject({
    content: [{ image_urls: [image, `http://x/?${HIDDEN}`] }, { text: expect.stringContaining(HIDDEN) }],
    screenshot_data: ENCODED,
    picture: image,
    other: expect.stringContaining(HIDDEN),
  });
});

it("hides short values in words for the model, and leaves them in words that clients compare", async () => {
  const original = observation({ kind: "view", command: "view", content: [text("a view")] });
  const masked = await maskObservation(original, SecretMask.of(["view"]));
  expect(masked).toEqual({ ...original, content: [text(`a ${HIDDEN}`)] });
});

it("lets everything else go on while it masks a hundred thousand small texts", async () => {
  let turns = 0;
  let timer = setImmediate(function turn() {
    turns++;
    timer = setImmediate(turn);
  });
  const lines = Array.from({ length: 100_000 }, (_, index) => `${index}`);
  await maskObservation(observation({ lines }), SecretMask.of([VALUE]));
  clearImmediate(timer);
  expect(turns).toBeGreaterThan(50);
});

it("an error keeps its class and fields", async () => {
  const error = new AgentServerError("conflict", `no ${VALUE}`, { headers: { allow: "GET" } });
  const masked = await maskError(error, SecretMask.of([VALUE]));
  expect(AgentServerError.is(masked)).toBe(true);
  expect(masked).toMatchObject({ message: `no ${HIDDEN}`, code: "conflict", headers: { allow: "GET" } });
  expect((masked as Error).stack).not.toContain(VALUE);
  expect(await maskError(VALUE, SecretMask.of([VALUE]))).toBe(HIDDEN);
});

it("hides values in words that begin like an image, and in a screenshot that is none", async () => {
  const words = `data:image/png;base64,\nTOKEN=${VALUE}`;
  const original = observation({
    content: [text(words)],
    other: words,
    screenshot_data: `not an image: ${VALUE}`,
  });
  const masked = JSON.stringify(await maskObservation(original, SecretMask.of([VALUE])));
  expect(masked).not.toContain(VALUE);
  expect(masked.split(HIDDEN)).toHaveLength(4);
});
