/** What etcd holds, asked over its own HTTP, so through nothing of what is being tested. */

/** All keys below `prefix`, which ends in an ASCII character. */
export function rangeBelow(prefix: string) {
  const last = prefix.charCodeAt(prefix.length - 1);
  return {
    key: encode(prefix),
    range_end: encode(prefix.slice(0, -1) + String.fromCharCode(last + 1)),
  };
}

/** The names of all keys below `prefix`, oldest first. */
export async function namesBelow(
  endpoints: readonly string[],
  prefix: string,
): Promise<string[]> {
  const { kvs = [] } = await callEtcd<{ kvs?: { key: string }[] }>(
    endpoints,
    'kv/range',
    {
      ...rangeBelow(prefix),
      sort_target: 'CREATE',
      sort_order: 'ASCEND',
      keys_only: true,
    },
  );
  return kvs.map(({ key }) => Buffer.from(key, 'base64').toString());
}

/** It grows with every change in etcd, and with nothing else. */
export async function currentRevision(
  endpoints: readonly string[],
): Promise<bigint> {
  const range = { key: encode('any'), count_only: true };
  const { header } = await callEtcd<{ header: { revision: string } }>(
    endpoints,
    'kv/range',
    range,
  );
  return BigInt(header.revision);
}

/** A change of a key that nobody cares for. */
export async function putUnrelated(
  endpoints: readonly string[],
): Promise<void> {
  await callEtcd(endpoints, 'kv/put', { key: encode('unrelated') });
}

export async function openLeases(
  endpoints: readonly string[],
): Promise<bigint[]> {
  const { leases = [] } = await callEtcd<{ leases?: { ID: string }[] }>(
    endpoints,
    'lease/leases',
    {},
  );
  return leases.map(({ ID }) => BigInt(ID));
}

/** All keys as this one member has them, and how many changes it has seen. */
export async function dataOf(endpoint: string): Promise<string> {
  const { header, kvs = [] } = await callEtcd<{
    header: { revision: string };
    kvs?: object[];
  }>([endpoint], 'kv/range', {
    key: encode('\0'),
    range_end: encode('\0'),
    serializable: true,
  });
  return JSON.stringify({ revision: header.revision, kvs });
}

/** Whether the member at `endpoint` leads its cluster. */
export async function isLeader(endpoint: string): Promise<boolean> {
  const { header, leader } = await callEtcd<{
    header: { member_id: string };
    leader: string;
  }>([endpoint], 'maintenance/status', {});
  return header.member_id === leader;
}

/**
 * The answer of the first member that gives one to a method of etcd's HTTP gateway. Endpoints may
 * name a user (`http://user:password@…`), who logs in for each call while etcd wants that.
 */
export async function callEtcd<T>(
  endpoints: readonly string[],
  method: string,
  body: object,
): Promise<T> {
  const failures: unknown[] = [];
  for (const endpoint of endpoints) {
    try {
      const { origin, username, password } = new URL(endpoint);
      const token =
        username === '' ? '' : await logIn(origin, username, password);
      const reply = await post(origin, method, body, token);
      if (reply.ok) return (await reply.json()) as T;
      failures.push(await reply.text());
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, `No member answered ${method}.`);
}

async function logIn(
  origin: string,
  name: string,
  password: string,
): Promise<string> {
  const reply = await post(origin, 'auth/authenticate', { name, password });
  if (reply.ok) return ((await reply.json()) as { token: string }).token;
  const refusal = await reply.text();
  if (refusal.includes('authentication is not enabled')) return '';
  throw new Error(refusal);
}

function post(
  origin: string,
  method: string,
  body: object,
  token = '',
): Promise<Response> {
  return fetch(`${origin}/v3/${method}`, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5_000),
    headers: token === '' ? {} : { Authorization: token },
  });
}

export function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}
