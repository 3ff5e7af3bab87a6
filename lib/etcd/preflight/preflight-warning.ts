/** Also the anchors of the sections of the page that explains them. */
export type PreflightCode =
  | 'corrupt'
  | 'etcd-version'
  | 'even-members'
  | 'grpc-proxy'
  | 'learner-host'
  | 'mixed-versions'
  | 'no-space'
  | 'short-ttl'
  | 'silent-host'
  | 'single-member'
  | 'two-clusters';

/** One finding; docs/preflight.md has a section for each `code`. */
export interface PreflightWarning {
  readonly code: PreflightCode;
  /** Whether locks do not work, or do not exclude, as long as it is so. */
  readonly severe: boolean;
  /** What is found, and what it means for locks, in a sentence or two. */
  readonly message: string;
  /** Where it is explained. */
  readonly link: string;
}

export function warning(
  code: PreflightCode,
  message: string,
): PreflightWarning {
  return { code, severe: false, message, link: linkTo(code) };
}

export function severeWarning(
  code: PreflightCode,
  message: string,
): PreflightWarning {
  return { ...warning(code, message), severe: true };
}

function linkTo(code: PreflightCode): string {
  return `nestjs-etcd-lock/docs/preflight.md#${code}`;
}
