/** Open problems as rows of a verb's fields: what is the matter, since when, and what to do. */
import type { ProblemView } from '../alerts/list';
import { formatAmount } from '../domain/money';
import { formatTime } from '../domain/text';

type FieldRow = readonly [label: string, value: string];

export function problemRows(label: string, problems: readonly ProblemView[]): FieldRow[] {
  if (problems.length === 0) return [[label, 'none']];
  return problems.flatMap((problem, at): FieldRow[] => [
    [at === 0 ? label : '', headOf(problem)],
    ...Object.entries(problem.amounts).map(([currency, amount]): FieldRow => [
      '',
      `  ${formatAmount(BigInt(amount), currency)} ${currency}`,
    ]),
    ['', `  ${problem.what}. ${problem.next}`],
  ]);
}

function headOf({ problem, subject, codes, since, told }: ProblemView): string {
  const about = [
    ...(subject === null ? [] : [subject]),
    ...codes.filter((code) => code !== problem),
  ];
  return [
    `${problem}${about.length === 0 ? '' : ` (${about.join(', ')})`}`,
    ...(since === null ? [] : [`since ${formatTime(new Date(since))}`]),
    ...(told.length === 0
      ? []
      : [`told to ${told.map((channel) => CHANNELS[channel]).join(' and ')}`]),
  ].join(', ');
}

const CHANNELS = { cloud: 'Blnk Cloud', webhook: 'the webhook' } as const;
