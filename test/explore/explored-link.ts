import {
  type AttachedKeys,
  type CallOptions,
  type GrantedLease,
  type KeyRange,
  type LeaseId,
  type RangeOperation,
  type RangeReply,
  type Revision,
  StoreError,
  type Transaction,
  type TransactionReply,
  type Watch,
  type WatchListener,
} from '../../lib/core/index.js';
import type { MemoryStore } from '../../lib/memory/index.js';
import { NetworkLink } from '../simulation/network-link.js';
import type { SimulatedProcess } from '../simulation/simulated-process.js';
import { FAIR_WEATHER } from '../simulation/weather.js';
import { ETCD, type Posted } from './agenda.js';
import { ExploredWatch } from './explored-watch.js';
import type { ExploredWorld } from './explored-world.js';
import { textOf } from './text-of.js';

const CALL: CallOptions = { timeoutMs: 0 };

/** By when a copy has come that the network has kept back. */
const LATE_MS = 1_500;

/** After how many other things of the same client it usually comes; it may come at any time. */
const LATE_BY = [2, 4, 8];

/** Who has no rights has them again within this time. */
const RIGHTS_MS = 1_000;

/** etcd grants and renews leases for everybody; to end one it asks for the right to write its keys. */
const NEEDS_RIGHTS: ReadonlySet<string> = new Set([
  'transact',
  'read',
  'staleRead',
  'attachedKeys',
  'revokeLease',
]);

interface Other<T> {
  readonly name: string;
  readonly harmless?: true;
  readonly apply: () => Promise<T>;
}

/** The way of one client to etcd and back, on which every message waits to be chosen. */
export class ExploredLink extends NetworkLink {
  /** What reaches the client is all that decides what it does. */
  onHeard: (what: string) => void = () => {};
  onTold: (what: string) => void = () => {};
  private readonly members: MemoryStore;
  private readonly owner: string;
  private readonly open = new Set<ExploredWatch>();
  private calls = 0;
  private watchesMade = 0;
  private refused = false;

  constructor(
    private readonly etcd: ExploredWorld,
    private readonly caller: SimulatedProcess,
  ) {
    super(etcd, caller, FAIR_WEATHER);
    this.members = etcd.newStore();
    this.owner = caller.name;
  }

  override get openWatches(): number {
    return this.open.size;
  }

  override breakWatches(error: StoreError): void {
    for (const watch of this.open) watch.break(error);
  }

  override silenceWatches(): void {
    for (const watch of this.open) watch.fallSilent();
  }

  /** Whether its user may read and write. */
  get hasRights(): boolean {
    return !this.refused;
  }

  /** Takes the rights of its user away for a while. */
  takeRights(): void {
    this.refused = true;
    const give = () => {
      this.refused = false;
    };
    this.post(`${this.owner}.rights`, ETCD, give, {
      withinMs: RIGHTS_MS,
      afterTurns: 8,
    });
  }

  override drop(): void {
    for (const watch of this.open) watch.cancel();
  }

  override grantLease(
    seconds: number,
    call: CallOptions,
  ): Promise<GrantedLease> {
    return this.send('grantLease', call, async () => {
      const granted = await this.members.grantLease(
        this.etcd.grantedSeconds(seconds),
        CALL,
      );
      this.etcd.leaseGranted(granted.id, this.owner);
      return granted;
    });
  }

  override keepAlive(
    lease: LeaseId,
    call: CallOptions,
  ): Promise<number | 'gone'> {
    return this.send('keepAlive', call, () => this.members.keepAlive(lease));
  }

  override revokeLease(lease: LeaseId, call: CallOptions): Promise<void> {
    return this.send('revokeLease', call, () =>
      this.members.revokeLease(lease),
    );
  }

  override timeToLive(
    lease: LeaseId,
    call: CallOptions,
  ): Promise<number | 'gone'> {
    return this.send('timeToLive', call, () => this.members.timeToLive(lease));
  }

  override attachedKeys(
    lease: LeaseId,
    call: CallOptions,
  ): Promise<AttachedKeys> {
    return this.send('attachedKeys', call, () =>
      this.members.attachedKeys(lease),
    );
  }

  override transact(
    transaction: Transaction,
    call: CallOptions,
  ): Promise<TransactionReply> {
    return this.send(
      'transact',
      call,
      () => this.members.transact(transaction),
      this.past(transaction),
    );
  }

  override read(
    operation: RangeOperation,
    call: CallOptions & { readonly stale?: boolean },
  ): Promise<RangeReply & { readonly revision: Revision }> {
    const now = () => this.members.read(operation);
    if (!call.stale) return this.send('read', call, now);
    const behind = [1, 2].map((lag) => ({
      name: `behind${lag}`,
      harmless: true as const,
      apply: () => Promise.resolve(this.etcd.behind.read(operation, lag)),
    }));
    return this.send('staleRead', call, now, behind);
  }

  override watch(
    range: KeyRange,
    listener: WatchListener,
    { deletesOnly = false }: { readonly deletesOnly?: boolean } = {},
  ): Watch {
    this.watchesMade += 1;
    const watch: ExploredWatch = new ExploredWatch({
      world: this.etcd,
      store: this.members,
      owner: this.owner,
      name: `${this.owner}.watch${this.watchesMade}`,
      range,
      deletesOnly,
      listener,
      hear: (what, tell) => {
        this.onTold(what);
        tell();
      },
      onOver: () => this.open.delete(watch),
    });
    this.open.add(watch);
    return watch;
  }

  /** Some versions of etcd, after a pause of a member, answer a read once with the past. */
  private past({ compare, success }: Transaction): Other<TransactionReply>[] {
    const [read] = success;
    if (compare.length > 0 || success.length !== 1 || read?.kind !== 'range')
      return [];
    const apply = () => {
      const reply = this.etcd.behind.read(read, 2);
      const { revision } = reply;
      return Promise.resolve({ revision, succeeded: true, replies: [reply] });
    };
    return [{ name: 'past', apply }];
  }

  private send<T>(
    kind: string,
    { timeoutMs }: CallOptions,
    work: () => Promise<T>,
    others: readonly Other<T>[] = [],
  ): Promise<T> {
    const apply = async () => {
      if (this.refused && NEEDS_RIGHTS.has(kind))
        throw new StoreError('permission-denied', 'not-applied', 'no rights');
      return work();
    };
    this.calls += 1;
    const { owner, etcd } = this;
    const name = `${owner}.${kind}${this.calls}`;
    const which = kind === 'keepAlive' ? 'keepAlives' : 'others';
    this.underWay[which] += 1;
    if (which === 'others') etcd.asked(owner);
    return new Promise<T>((resolve, reject) => {
      let answered = false;
      const answer = (tell: () => void) => {
        if (answered) return;
        answered = true;
        this.underWay[which] -= 1;
        stopTimer();
        tell();
      };
      const stopTimer = this.caller.clock.setTimer(timeoutMs, () =>
        answer(() =>
          reject(new StoreError('timeout', 'unknown', `${kind}: no answer`)),
        ),
      );
      const reset = () =>
        this.hear(`${name} reset`, () =>
          answer(() =>
            reject(new StoreError('unavailable', 'unknown', 'it broke')),
          ),
        );
      const arrive = (does: () => Promise<T>) => {
        const doing = etcd.act({ by: 'process', name: owner }, does);
        const goBack = (content: string, tell: () => void) =>
          this.postAnswer(`${name}.answer`, content, () => answer(tell), reset);
        doing.then(
          (reply) => goBack(textOf(reply), () => resolve(reply)),
          (error: Error) => goBack(error.message, () => reject(error)),
        );
      };
      const late = (afterTurns: number) => () => {
        const copy = () => {
          etcd.act({ by: 'process', name: owner }, apply).catch(() => {});
        };
        this.post(`${name}.copy`, ETCD, copy, {
          withinMs: LATE_MS,
          afterTurns,
        });
        this.post(`${name}.reset`, owner, reset);
      };
      etcd.agenda.post({
        name,
        owner,
        place: ETCD,
        via: owner,
        content: '',
        run: () => arrive(apply),
        faults: [
          ...others.map(({ apply: instead, ...other }) => ({
            ...other,
            run: () => arrive(instead),
          })),
          { name: 'lost', unseen: true, run: () => {} },
          ...LATE_BY.map((turns) => ({
            name: `late${turns}`,
            unseen: true as const,
            run: late(turns),
          })),
        ],
      });
    });
  }

  private postAnswer(
    name: string,
    said: string,
    tell: () => void,
    reset: () => void,
  ): void {
    const { owner, etcd } = this;
    const content = etcd.plain(said);
    etcd.agenda.post({
      name,
      owner,
      place: owner,
      via: owner,
      content,
      run: () => this.hear(`${name} ${content}`, tell),
      faults: [
        { name: 'lost', unseen: true, run: () => {} },
        { name: 'reset', run: reset },
      ],
    });
  }

  private post(
    name: string,
    place: string,
    run: () => void,
    late: Pick<Posted, 'withinMs' | 'afterTurns'> = {},
  ): void {
    const { owner, etcd } = this;
    etcd.agenda.post({
      name,
      owner,
      place,
      via: owner,
      content: '',
      run,
      ...late,
    });
  }

  private hear(what: string, tell: () => void): void {
    this.onHeard(what);
    tell();
  }
}
