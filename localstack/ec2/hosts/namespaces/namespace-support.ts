import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findCgroups } from './cgroups.ts';

/** Whether this machine can have hosts in namespaces. */
export type NamespaceSupport =
  | {
      readonly supported: true /** Whether nftables is here, which security groups need. */;
      readonly nftables: boolean;
    }
  | { readonly supported: false; readonly reason: string };

const TOOLS = ['ip', 'tc', 'nsenter', 'unshare', 'mount', 'umount', 'pivot_root', 'setpriv', 'bash'];
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** Capability numbers of capabilities(7): CAP_NET_ADMIN and CAP_SYS_ADMIN. */
const NEEDED = [12n, 21n];

/** Look at what namespaces, limits and security groups need, without making anything. */
export async function namespaceSupport(): Promise<NamespaceSupport> {
  if (process.platform !== 'linux') return no(`this is ${process.platform}, not Linux`);
  if (process.geteuid?.() !== 0) return no('this is not root');
  const capabilities = await effectiveCapabilities();
  if (NEEDED.some((bit) => ((capabilities >> bit) & 1n) === 0n)) {
    return no('root lacks CAP_NET_ADMIN or CAP_SYS_ADMIN here');
  }
  const there = await Promise.all(TOOLS.map(isInstalled));
  const missing = TOOLS.filter((_, index) => there[index] !== true);
  if (missing.length > 0)
    return no(`${missing.join(', ')} not installed (packages iproute2, util-linux, mount)`);
  if ((await findCgroups()) === undefined) return no('the cpu, memory and pids cgroups cannot be written');
  const systems = await readFile('/proc/filesystems', 'latin1').catch(() => '');
  if (!/\boverlay\b/.test(systems)) return no('the kernel has no overlay file system');
  return { supported: true, nftables: await isInstalled('nft') };
}

function no(reason: string): NamespaceSupport {
  return { supported: false, reason };
}

async function effectiveCapabilities(): Promise<bigint> {
  const status = await readFile('/proc/self/status', 'latin1').catch(() => '');
  return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
}

async function isInstalled(tool: string): Promise<boolean> {
  const found = await Promise.all(
    FOLDERS.map((folder) =>
      access(join(folder, tool), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
