import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fileEditorInput } from "../../src/tools/file-editor/input.ts";
import { toParameters } from "../../src/tools/json-schema.ts";

describe("the JSON schema shown to the model", () => {
  it("has only keywords that every provider takes", () => {
    const schema = toParameters(
      z.object({
        size: z.int().min(1).max(9).describe("How many"),
        place: z.string().nullable().default(null).describe("Where"),
        mode: z.literal("fast"),
        tags: z.array(z.enum(["a", "b"])).default([]),
      }),
    );

    expect(schema).toEqual({
      type: "object",
      properties: {
        size: { type: "integer", description: "How many" },
        place: { type: "string", description: "Where" },
        mode: { type: "string", enum: ["fast"] },
        tags: { type: "array", items: { type: "string", enum: ["a", "b"] } },
      },
      required: ["size", "mode"],
    });
  });

  it("inlines references and shows what contains itself as an object", () => {
    const point = z.object({ x: z.number() }).meta({ id: "JsonSchemaTestPoint" });
    const tree = z.object({
      get children() {
        return z.array(tree);
      },
    });

    expect(toParameters(z.object({ from: point.describe("start"), to: point })).properties).toEqual({
      from: { type: "object", properties: { x: { type: "number" } }, required: ["x"], description: "start" },
      to: { type: "object", properties: { x: { type: "number" } }, required: ["x"] },
    });
    expect(JSON.stringify(toParameters(tree))).not.toContain("$ref");
  });

  it("joins intersections and takes the first place of a tuple", () => {
    const both = z.intersection(z.object({ a: z.string() }), z.object({ b: z.number().optional() }));

    expect(toParameters(z.object({ both, pair: z.tuple([z.string(), z.number()]) })).properties).toEqual({
      both: { type: "object", properties: { a: { type: "string" }, b: { type: "number" } }, required: ["a"] },
      pair: { type: "array", items: { type: "string" } },
    });
  });

  it("describes every argument of the file editor", () => {
    const { properties, required } = toParameters(fileEditorInput) as {
      properties: Record<string, { type: string; description: string }>;
      required: string[];
    };

    expect(required).toEqual(["command", "path"]);
    for (const property of Object.values(properties)) expect(property.description).not.toBe("");
    expect(properties.view_range).toMatchObject({ type: "array", items: { type: "integer" } });
  });
});
