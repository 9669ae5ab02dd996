/** Help texts and tables, made from tables of options. */
import { table, wrap } from './layout.ts'
import { placeholder, type Option, type Options } from './options.ts'

/** What a person has to know of a program. */
export interface About {
  /** As it is typed. */
  command: string
  summary: string
  /** What follows the command. */
  usage: string
  /** What each argument that is no option is, in words. */
  takes?: readonly string[]
  /** One paragraph. */
  doc: string
  options: Options
  example: string
  exits?: string
}

const numbers = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')

/** The option's phrase with its range and default. */
function described(option: Option): string {
  const notes = [
    ...(option.kind === 'whole' ? [`${numbers(option.range[0])} to ${numbers(option.range[1])}`] : []),
    ...(option.kind === 'list' ? ['may be given several times'] : []),
    ...('default' in option && option.default !== undefined && option.default !== ''
      ? [`without it ${typeof option.default === 'number' ? numbers(option.default) : option.default}`]
      : []),
  ]
  return notes.length === 0 ? option.doc : `${option.doc} (${notes.join('; ')})`
}

const typed = (name: string, option: Option): string => `--${name}${option.kind === 'flag' ? '' : ` ${placeholder(option)}`}`

/** Options as aligned lines. */
export const optionLines = (options: Options): string =>
  table(
    Object.entries(options).map(([name, option]): [string, string] => [
      `${option.short === undefined ? '' : `-${option.short}, `}${typed(name, option)}`,
      described(option),
    ]),
    '  ',
  ).join('\n')

/** The whole help of a program. */
export const helpText = ({
  command,
  summary,
  usage,
  doc,
  options,
  example,
  exits,
}: About): string => `${command.replace(/ --$/, '')}: ${summary}

usage: ${[command, usage].filter((part) => part !== '').join(' ')}

${wrap(doc, '').join('\n')}

${optionLines(options)}

for example:

  ${example.split('\n').join('\n  ')}
${exits === undefined ? '' : `\nExit codes: ${exits}\n`}`

/** Options as rows of a Markdown table. */
export const optionRows = (options: Options): string =>
  [
    '| option | |',
    '|---|---|',
    ...Object.entries(options).map(([name, option]) => `| \`${typed(name, option).replaceAll('|', '\\|')}\` | ${described(option)} |`),
  ].join('\n')
