import { EtcdServices } from './etcd-services.js';

// A process that holds, leads or observes by the server's own services, and says so in the lines
// that our Go program and etcdctl say, too. SIGINT gives back, SIGKILL leaves all to the lease.

const [command, endpoint, name, ttl] = process.argv.slice(2) as [
  'lock' | 'campaign' | 'observe',
  string,
  string,
  string | undefined,
];
const services = new EtcdServices(endpoint);
let lease: string | undefined;
let giveBack = async () => {};

process.once('SIGINT', () => {
  void giveBack()
    .then(() => services.close(lease))
    .then(() => process.exit(0));
});

if (command === 'observe') {
  services.observe(name, ({ key, value }) =>
    process.stdout.write(`${key}\n${value}\n`),
  );
} else {
  lease = await services.lease(Number(ttl));
  if (command === 'lock') {
    const { key } = await services.lock(name, lease);
    giveBack = () => services.unlock(key);
    process.stdout.write(`${key}\n`);
  } else {
    const leader = await services.campaign(
      name,
      lease,
      'proposal over a service',
    );
    giveBack = () => services.resign(leader);
    process.stdout.write(`${leader.key}\n`);
  }
}
