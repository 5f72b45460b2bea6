import type { z } from "zod";

const MAX_ISSUES = 10;

/**
 * Describes wrong arguments field by field, for the model: "path: is required; view_range[0]: expected int, received
 * string".
 */
export function describeArgumentsError(error: z.ZodError, args: unknown, allowed: readonly string[]): string {
  const lines = error.issues.slice(0, MAX_ISSUES).map((issue) => describeIssue(issue, args, allowed));
  if (error.issues.length > MAX_ISSUES) lines.push(`and ${error.issues.length - MAX_ISSUES} more`);
  return lines.join("; ");
}

function describeIssue(issue: z.core.$ZodIssue, args: unknown, allowed: readonly string[]): string {
  const field = formatPath(issue.path);
  const prefix = field === "" ? "" : `${field}: `;
  switch (issue.code) {
    case "unrecognized_keys": {
      const names = issue.keys.map((key) => (field === "" ? key : `${field}.${key}`)).join(", ");
      const hint = field === "" ? ` (allowed: ${allowed.join(", ") || "none"})` : "";
      return `${names}: unknown argument${hint}`;
    }
    case "invalid_type":
      if (valueAt(args, issue.path) === undefined) return `${prefix}is required`;
      return prefix + lowerFirst(issue.message.replace(/^Invalid input: /, ""));
    case "invalid_value":
      return `${prefix}must be one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    default:
      return prefix + lowerFirst(issue.message);
  }
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    return (at as Record<PropertyKey, unknown>)[key];
  }, value);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
