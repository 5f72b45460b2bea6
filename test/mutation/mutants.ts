import ts from "typescript";

/** One small change of a source that its tests should notice. */
export interface Mutant {
  /** From 1. */
  id: number;
  /** From 1. */
  line: number;
  was: string;
  becomes: string;
}

export interface Mutated {
  /** The source with all of its mutants, of which `globalThis.isMutant` puts one in force. */
  text: string;
  mutants: Mutant[];
}

declare global {
  /** Whether a mutant is in force. Undefined where no mutants are tried. */
  var isMutant: ((id: number) => boolean) | undefined;
}

const { SyntaxKind } = ts;

/** Operators and those that take their place. */
const OPERATORS = new Map<ts.SyntaxKind, readonly string[]>([
  [SyntaxKind.EqualsEqualsEqualsToken, ["!=="]],
  [SyntaxKind.ExclamationEqualsEqualsToken, ["==="]],
  [SyntaxKind.LessThanToken, ["<=", ">="]],
  [SyntaxKind.LessThanEqualsToken, ["<", ">"]],
  [SyntaxKind.GreaterThanToken, [">=", "<="]],
  [SyntaxKind.GreaterThanEqualsToken, [">", "<"]],
  [SyntaxKind.AmpersandAmpersandToken, ["||"]],
  [SyntaxKind.BarBarToken, ["&&"]],
  [SyntaxKind.QuestionQuestionToken, ["&&"]],
  [SyntaxKind.PlusToken, ["-"]],
  [SyntaxKind.MinusToken, ["+"]],
]);

/** Methods and those that take their place. */
const METHODS = new Map([
  ["some", "every"],
  ["every", "some"],
  ["min", "max"],
  ["max", "min"],
]);

/** Makes all mutants of a TypeScript source. */
export function mutate(source: string): Mutated {
  const file = ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];

  function add(node: ts.Node, becomes: string): number {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    mutants.push({ id: mutants.length + 1, line: line + 1, was: node.getText(), becomes });
    return mutants.length;
  }

  /** The text of a node with the mutants in it. */
  function write(node: ts.Node): string {
    const isFixed = ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
    if (isFixed) return source.slice(node.pos, node.end);
    const others = changesOf(node).map((text) => ({ text, id: add(node, text) }));
    const isLeftOut = canBeLeftOut(node) ? add(node, "") : undefined;
    const inner = writeChildren(node);
    const lead = source.slice(node.pos, node.getStart());
    const own = inner.slice(lead.length);
    // In braces of its own: an `else` behind it belongs to another `if`.
    if (isLeftOut !== undefined) return `${lead}{ if (!globalThis.isMutant?.(${isLeftOut})) { ${own} } }`;
    return lead + others.reduce((text, { text: other, id }) => choice(id, other, text), own);
  }

  function writeChildren(node: ts.Node): string {
    let text = "";
    let at = node.pos;
    ts.forEachChild(node, (child) => {
      text += source.slice(at, child.pos) + write(child);
      at = child.end;
    });
    return text + source.slice(at, node.end);
  }

  return { text: write(file), mutants };
}

function choice(id: number, mutant: string, original: string): string {
  return `(globalThis.isMutant?.(${id}) ? (${mutant}) : (${original}))`;
}

/** The expressions that may take the place of an expression. */
function changesOf(node: ts.Node): string[] {
  const changes: string[] = [];
  if (ts.isBinaryExpression(node)) {
    const [left, right] = [node.left.getText(), node.right.getText()];
    for (const other of OPERATORS.get(node.operatorToken.kind) ?? [])
      changes.push(`(${left}) ${other} (${right})`);
    if (isJunction(node.operatorToken.kind)) changes.push(left, right);
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) {
    changes.push(node.operand.getText());
  }
  if (node.kind === SyntaxKind.TrueKeyword) changes.push("false");
  if (node.kind === SyntaxKind.FalseKeyword) changes.push("true");
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { expression, name } = node.expression;
    const other = METHODS.get(name.text);
    const args = node.arguments.map((one) => one.getText()).join(", ");
    if (other !== undefined) changes.push(`${expression.getText()}.${other}(${args})`);
    if (name.text === "filter") changes.push(expression.getText());
  }
  return [...changes, ...decisionsOf(node)];
}

/** Whether one of the two conditions can be left out. */
function isJunction(kind: ts.SyntaxKind): boolean {
  return kind === SyntaxKind.AmpersandAmpersandToken || kind === SyntaxKind.BarBarToken;
}

/** A condition decided for ever. A loop never is: it would not end. */
function decisionsOf(node: ts.Node): string[] {
  const { parent } = node;
  if (parent === undefined) return [];
  const isDecided =
    (ts.isIfStatement(parent) && parent.expression === node) ||
    (ts.isConditionalExpression(parent) && parent.condition === node);
  if (isDecided) return ["true", "false"];
  return ts.isWhileStatement(parent) && parent.expression === node ? ["false"] : [];
}

/** Statements without which the rest still makes sense. */
function canBeLeftOut(node: ts.Node): boolean {
  if (ts.isThrowStatement(node)) return true;
  if (ts.isReturnStatement(node)) return node.expression === undefined;
  if (!ts.isExpressionStatement(node)) return false;
  const { expression } = node;
  return !(ts.isCallExpression(expression) && expression.expression.kind === SyntaxKind.SuperKeyword);
}
