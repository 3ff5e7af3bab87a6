import type { CallEvent } from '../core/index.js';
import { ignoringErrors } from '../core/internal.js';

/** Stands for all templates beyond the limit, and for keys that make none. */
const OTHER = 'other';

export interface KeyTemplateOptions {
  /**
   * The template of a key that has none of its own: calls have one with the option `template`,
   * decorated methods always. What it throws, or returns that is no string, counts as `'other'`.
   *
   * @default what comes before the first `:` or `/`, as in `order:*`; a key without them as it is
   */
  readonly keyTemplate?: ((key: string) => string) | undefined;
  /**
   * How many templates are kept apart. Every further one counts as `'other'`.
   *
   * @default 200
   */
  readonly maxTemplates?: number | undefined;
  /**
   * Templates that are known beforehand. Their counters stand at zero from the start, and they
   * never become `'other'`.
   */
  readonly templates?: Iterable<string> | undefined;
}

/** Groups keys, of which there are many, under few names. */
export class KeyTemplates {
  private readonly known = new Set<string>();
  private readonly keyTemplate: (key: string) => string;
  private readonly maxTemplates: number;

  constructor(
    options: KeyTemplateOptions,
    /** Hears of each template once, before it is used. */
    private readonly onNew: (template: string) => void,
  ) {
    this.keyTemplate = options.keyTemplate ?? templateOfKeys;
    this.maxTemplates = options.maxTemplates ?? 200;
    for (const template of options.templates ?? []) this.add(template);
  }

  of(event: Omit<CallEvent, 'call'>): string {
    const template = event.template ?? this.derived(event.key);
    if (this.known.has(template)) return template;
    const room = this.known.size < this.maxTemplates;
    return this.add(room ? template : OTHER);
  }

  private derived(key: string): string {
    const template: unknown = ignoringErrors(() => this.keyTemplate(key));
    return typeof template === 'string' ? template : OTHER;
  }

  private add(template: string): string {
    if (!this.known.has(template)) {
      this.known.add(template);
      this.onNew(template);
    }
    return template;
  }
}

function templateOfKeys(joined: string): string {
  if (!joined.includes(', ')) return templateOfKey(joined);
  const templates = joined.split(', ').map(templateOfKey);
  return [...new Set(templates)].join(', ');
}

function templateOfKey(key: string): string {
  const end = key.search(/[:/]/);
  return end === -1 ? key : `${key.slice(0, end + 1)}*`;
}
