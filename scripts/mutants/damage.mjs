import ts from 'typescript';

/**
 * One way to break a file: what stands from `start` to `end` is replaced.
 *
 * @typedef {object} Damage
 * @property {string} kind
 * @property {number} start
 * @property {number} end
 * @property {string} instead
 */

/** @type {ReadonlyMap<ts.SyntaxKind, readonly string[]>} */
const SWAPS = new Map([
  [ts.SyntaxKind.LessThanToken, ['<=', '>']],
  [ts.SyntaxKind.LessThanEqualsToken, ['<', '>=']],
  [ts.SyntaxKind.GreaterThanToken, ['>=', '<']],
  [ts.SyntaxKind.GreaterThanEqualsToken, ['>', '<=']],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ['!==']],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, ['===']],
  [ts.SyntaxKind.AmpersandAmpersandToken, ['||']],
  [ts.SyntaxKind.BarBarToken, ['&&']],
  [ts.SyntaxKind.PlusToken, ['-']],
  [ts.SyntaxKind.MinusToken, ['+']],
  [ts.SyntaxKind.AsteriskToken, ['/']],
  [ts.SyntaxKind.SlashToken, ['*']],
]);

/**
 * Every way in which one thing in a file can be damaged: conditions negated, comparisons and other
 * operators swapped, statements removed, `await` dropped, numbers and truths changed.
 *
 * @param {string} text of a TypeScript file
 * @returns {Damage[]}
 */
export function damagesTo(text) {
  const source = ts.createSourceFile(
    'file.ts',
    text,
    ts.ScriptTarget.Latest,
    true,
  );
  /** @type {Damage[]} */
  const damages = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    damages.push(...damagesAt(node, source));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return damages;
}

/**
 * @param {ts.Node} node
 * @param {ts.SourceFile} source
 * @returns {Damage[]}
 */
function damagesAt(node, source) {
  const start = node.getStart(source);
  const end = node.getEnd();
  const condition = conditionOf(node);
  if (condition !== undefined) {
    const from = condition.getStart(source);
    const written = condition.getText(source);
    return [
      {
        kind: 'condition negated',
        start: from,
        end: condition.getEnd(),
        instead: `!(${written})`,
      },
    ];
  }
  if (ts.isBinaryExpression(node)) {
    const { operatorToken: operator } = node;
    return (SWAPS.get(operator.kind) ?? []).map((instead) => ({
      kind: 'operator swapped',
      start: operator.getStart(source),
      end: operator.getEnd(),
      instead,
    }));
  }
  if (ts.isExpressionStatement(node) && !isSuperCall(node))
    return [{ kind: 'statement removed', start, end, instead: '' }];
  if (ts.isAwaitExpression(node)) {
    const instead = node.expression.getText(source);
    return [{ kind: 'await dropped', start, end, instead }];
  }
  if (isValue(node)) {
    if (ts.isNumericLiteral(node)) {
      const instead = String(Number(node.text.replaceAll('_', '')) + 1);
      return [{ kind: 'another number', start, end, instead }];
    }
    if (ts.isBigIntLiteral(node)) {
      const instead = `${BigInt(node.text.slice(0, -1)) + 1n}n`;
      return [{ kind: 'another number', start, end, instead }];
    }
    if (node.kind === ts.SyntaxKind.TrueKeyword)
      return [{ kind: 'another truth', start, end, instead: 'false' }];
    if (node.kind === ts.SyntaxKind.FalseKeyword)
      return [{ kind: 'another truth', start, end, instead: 'true' }];
  }
  return [];
}

/** @param {ts.Node} node */
function conditionOf(node) {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node))
    return node.expression;
  if (ts.isConditionalExpression(node)) return node.condition;
  return ts.isForStatement(node) ? node.condition : undefined;
}

/** Not part of a type, which decides nothing that runs. @param {ts.Node} node */
function isValue(node) {
  return node.parent !== undefined && !ts.isLiteralTypeNode(node.parent);
}

/** @param {ts.ExpressionStatement} node */
function isSuperCall({ expression }) {
  return (
    ts.isCallExpression(expression) &&
    expression.expression.kind === ts.SyntaxKind.SuperKeyword
  );
}

/**
 * @param {string} text
 * @param {Damage} damage
 */
export function damaged(text, { start, end, instead }) {
  return text.slice(0, start) + instead + text.slice(end);
}
