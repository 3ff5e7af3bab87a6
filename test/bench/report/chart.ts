import type { Series } from '../figure.js';
import { OURS } from '../peers/index.js';
import { number } from './table.js';

const WIDTH = 760;
const BAR = 20;
const GAP = 6;
const LABELS = 210;
const FIGURES = 80;

/** One panel of bars for each series that is to be shown, as an SVG that reads on any ground. */
export function chartOf(series: readonly Series[]): string {
  let top = 10;
  const panels: string[] = [];
  for (const one of series.filter(({ charted }) => charted)) {
    panels.push(panel(one, top));
    top += 40 + one.values.length * (BAR + GAP) + 20;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" font-family="system-ui, sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${top}" fill="#fff"/>`,
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

function panel({ what, unit, better, values }: Series, top: number): string {
  const most = Math.max(...values.map(({ value }) => value.median));
  const sorted = [...values].sort((one, other) => {
    const difference = other.value.median - one.value.median;
    return better === 'more' ? difference : -difference;
  });
  const hint = better === 'more' ? 'more is better' : 'less is better';
  return [
    `<text x="10" y="${top + 18}" font-weight="600">${escaped(what)}</text>`,
    `<text x="${WIDTH - 10}" y="${top + 18}" text-anchor="end" fill="#57606a">${unit}, ${hint}</text>`,
    ...sorted.flatMap(({ name, value }, index) => {
      const y = top + 32 + index * (BAR + GAP);
      const length = ((WIDTH - LABELS - FIGURES) * value.median) / most;
      const colour = name === OURS ? '#0969da' : '#afb8c1';
      return [
        `<text x="${LABELS - 8}" y="${y + 15}" text-anchor="end">${escaped(name)}</text>`,
        `<rect x="${LABELS}" y="${y}" width="${Math.max(1, length).toFixed(1)}" height="${BAR}" fill="${colour}"/>`,
        `<text x="${(LABELS + length + 6).toFixed(1)}" y="${y + 15}">${number(value.median)}</text>`,
      ];
    }),
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
