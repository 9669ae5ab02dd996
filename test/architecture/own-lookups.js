/**
 * A lookup by a name that comes from outside finds what every object inherits, too: `record['constructor']`. So a lookup that reckons with
 * absence has to be `own(record, name)`; one that asserts presence (`record[name]!`) says that the name was one of the record's own.
 */
import ts from 'typescript'

const isAnyText = (type) =>
  type.isUnionOrIntersection() ? type.types.some(isAnyText) : (type.flags & (ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral)) !== 0

/** @type {import('eslint').Rule.RuleModule} */
export const ownLookups = {
  meta: {
    type: 'problem',
    messages: {
      own: 'This finds `constructor` and its like in every object. Use own(record, name), or record[name]! where the name is one of its own.',
    },
    schema: [],
  },
  create(context) {
    const services = context.sourceCode.parserServices
    const checker = services.program.getTypeChecker()
    return {
      MemberExpression(node) {
        if (!node.computed) return
        const { parent } = node
        if (parent.type === 'TSNonNullExpression' || (parent.type === 'UnaryExpression' && parent.operator === 'delete')) return
        if (parent.type === 'AssignmentExpression' && parent.left === node && parent.operator === '=') return
        const index = services.getTypeAtLocation(node.property)
        if (isAnyText(checker.getBaseConstraintOfType(index) ?? index)) context.report({ node, messageId: 'own' })
      },
    }
  },
}
