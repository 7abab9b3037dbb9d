import { createServer } from 'node:net';

// The child of namespace-listener.ts: listens in the network namespace that it was started in.
const [address, port] = process.argv.slice(2);
const server = createServer();
server.listen(Number(port), address, () => {
  process.send?.('listening', server, {}, () => process.exit(0));
});
