/** What a host asked for: its end after so long, or that an end asked for before is called off. */
export type ShutdownRequest = { afterMs: number } | 'cancel';

/** The names the command is found under on a host. */
export const SHUTDOWN_NAMES = ['shutdown', 'poweroff', 'halt', 'reboot'] as const;

/**
 * The script that stands in for shutdown(8), poweroff(8), halt(8) and reboot(8) on a host that shares its machine: it
 * leaves a request in the host's control folder, and never reaches the machine's own command.
 */
export function shutdownScript(controlFolder: string): string {
  return `#!/bin/sh
# Ends this host, not the machine it runs on: the endpoint reads the request from the control folder.
set -eu
control=${quote(controlFolder)}
name=\${0##*/}
refuse() { echo "$name: $1" >&2; exit 1; }
request=now
case "$name" in
  reboot) refuse 'a host cannot be started again here' ;;
  shutdown)
    request=1
    for argument in "$@"; do
      case "$argument" in
        -c) request=cancel; break ;;
        -r | --reboot) refuse 'a host cannot be started again here' ;;
        -*) ;;
        now) request=now; break ;;
        *)
          request=\${argument#+}
          case "$request" in '' | *[!0-9]*) refuse "expected now or +MINUTES but received $argument" ;; esac
          break ;;
      esac
    done ;;
esac
echo "$request" > "$control/.request.$$"
mv "$control/.request.$$" "$control/request"
`;
}

/** Read what the script left; anything else is no request. */
export function parseShutdownRequest(text: string): ShutdownRequest | undefined {
  const request = text.trim();
  if (request === 'cancel') return 'cancel';
  if (request === 'now') return { afterMs: 0 };
  return /^[0-9]{1,5}$/.test(request) ? { afterMs: Number(request) * 60_000 } : undefined;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
