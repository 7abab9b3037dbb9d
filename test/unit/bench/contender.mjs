// A contender of one image, whose first argument says how it behaves.
import { argv, exit, pid, stderr, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';

const behaviour = argv[2];
if (behaviour === 'broken') {
  stderr.write('no such library\n');
  exit(1);
}
stdout.write('{"ready":true}\n');
// It goes on, whatever becomes of its standard input, and tells its process id.
if (behaviour === 'deaf') setInterval(() => {}, 1_000);
let runs = 0;
const pass = behaviour === 'slow' ? 30 : 0.001;
for await (const line of createInterface({ input: stdin })) {
  const [request, count] = line.split(' ');
  if (request === 'run') runs += 1;
  const row = [behaviour === 'off' ? 11 : 10, 20, 30, 0, 0, 0, 255, 255, 255];
  const answers = new Map([
    ['run', { images: Number(count), seconds: behaviour === 'deaf' ? pid : Number(count) * pass }],
    ['digest', { digest: behaviour === 'changing' ? String(runs) : 'same' }],
    ['rows', { rows: [row] }],
  ]);
  stdout.write(`${JSON.stringify(answers.get(request ?? ''))}\n`);
}
