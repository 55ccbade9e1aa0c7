/**
 * The small mistakes that can be made in a file, and a copy of the file that tells which of their places were reached.
 *
 * Left out is what no test can see: types and imports, the texts of errors and of the log, assertions (they state what
 * cannot be false, so that nothing happens without them), and `validate` methods, which are a part of the tests.
 */

import ts from "typescript";

/** One mistake: what stands at [start, end) of a file becomes `after`. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** Where the expression starts and ends that is evaluated when the mistake is met. */
  readonly met: readonly [start: number, end: number];
  readonly before: string;
  readonly after: string;
}

export function textOf({ file, line, before, after }: Mutant): string {
  return `${file}:${line} ${JSON.stringify(before)} -> ${JSON.stringify(after)}`;
}

const swaps: Readonly<Record<number, readonly string[]>> = {
  [ts.SyntaxKind.PlusToken]: ["-"],
  [ts.SyntaxKind.MinusToken]: ["+"],
  [ts.SyntaxKind.AsteriskToken]: ["/"],
  [ts.SyntaxKind.SlashToken]: ["*"],
  [ts.SyntaxKind.PercentToken]: ["*"],
  [ts.SyntaxKind.LessThanToken]: ["<=", ">="],
  [ts.SyntaxKind.LessThanEqualsToken]: ["<", ">"],
  [ts.SyntaxKind.GreaterThanToken]: [">=", "<="],
  [ts.SyntaxKind.GreaterThanEqualsToken]: [">", "<"],
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: ["!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: ["==="],
  [ts.SyntaxKind.AmpersandAmpersandToken]: ["||"],
  [ts.SyntaxKind.BarBarToken]: ["&&"],
  [ts.SyntaxKind.AmpersandToken]: ["|"],
  [ts.SyntaxKind.BarToken]: ["&"],
  [ts.SyntaxKind.LessThanLessThanToken]: [">>"],
  [ts.SyntaxKind.GreaterThanGreaterThanToken]: ["<<"],
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: ["<<"],
  [ts.SyntaxKind.PlusEqualsToken]: ["-="],
  [ts.SyntaxKind.MinusEqualsToken]: ["+="],
};

/** Every mistake that can be made in a file, an outer one before the ones inside. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const add = (node: ts.Node, after: string, whole = node): void => {
    const start = node.getStart(source);
    const { line } = source.getLineAndCharacterOfPosition(start);
    const met = [whole.getStart(source), whole.end] as const;
    found.push({ file, line: line + 1, start, end: node.end, met, before: node.getText(source), after });
  };
  const visit = (node: ts.Node): void => {
    // Assertions state what cannot be false, texts are for people, types are gone when it runs.
    if (isAssertion(node) || ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isThrowStatement(node))
      return;
    if (ts.isMethodDeclaration(node) && node.name.getText(source).startsWith("validate")) return;
    if (ts.isBinaryExpression(node)) {
      for (const after of swaps[node.operatorToken.kind] ?? []) add(node.operatorToken, after, node);
    }
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      add(node, `(${node.operand.getText(source)})`);
    }
    if (ts.isPostfixUnaryExpression(node) || (ts.isPrefixUnaryExpression(node) && isStep(node.operator))) {
      const operand = node.operand.getText(source);
      const isUp = node.operator === ts.SyntaxKind.PlusPlusToken;
      const changed = isUp ? "--" : "++";
      add(node, ts.isPostfixUnaryExpression(node) ? `${operand}${changed}` : `${changed}${operand}`);
    }
    if (ts.isNumericLiteral(node) && !ts.isPropertyAssignment(node.parent)) add(node, `(${node.text} + 1)`);
    if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, "false");
    if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, "true");
    if (ts.isIfStatement(node)) {
      add(node.expression, `true || (${node.expression.getText(source)})`);
      add(node.expression, `false && (${node.expression.getText(source)})`);
    }
    if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression) && isMissed(node.expression)) {
      add(node, ";", node.expression);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isStep(operator: ts.SyntaxKind): boolean {
  return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken;
}

/** Whether something is different without a call: not without an assertion, and without super() nothing runs. */
function isMissed(call: ts.CallExpression): boolean {
  return call.expression.kind !== ts.SyntaxKind.SuperKeyword && call.expression.getText() !== "assert";
}

function isAssertion(node: ts.Node): boolean {
  if (!ts.isCallExpression(node)) return false;
  const name = node.expression.getText();
  return name === "assert" || name.endsWith(".log?.") || name.endsWith(".log");
}

/**
 * The file with a note at each of its mutants, which sets an element of `globalThis.metMutants` when it is met, from `first` on:
 * `(met[7] = 1, a + b)`. Lines stay as they are.
 */
export function noted(text: string, mutants: readonly Mutant[], first: number): string {
  const notes = mutants.flatMap(({ met: [start, end] }, index) => [
    { at: start, order: index, text: `(met[${first + index}] = 1, ` },
    // What is inside closes before what it is in.
    { at: end, order: -1 - index, text: ")" },
  ]);
  notes.sort((one, other) => one.at - other.at || one.order - other.order);
  let result = "const met = (globalThis.metMutants ??= {}); ";
  let done = 0;
  for (const note of notes) {
    result += text.slice(done, note.at) + note.text;
    done = note.at;
  }
  return result + text.slice(done);
}
