import type { IngressRule } from '../host-provider.ts';

/**
 * The rules that let in what a host's security groups allow, as a program for `nft -f`. They replace the ones before in
 * one step. They are stateful, as those of EC2: answers come in whatever the groups say. What a host sends is not
 * filtered, since its groups allow all of it.
 */
export function firewallProgram(rules: readonly IngressRule[]): string {
  return [
    'table inet fanfleet',
    'delete table inet fanfleet',
    'table inet fanfleet {',
    '  chain input {',
    '    type filter hook input priority filter; policy drop;',
    '    iif "lo" accept',
    '    ct state established,related accept',
    ...rules.filter(({ sources }) => sources.length > 0).map((rule) => `    ${ruleText(rule)} accept`),
    '  }',
    '}',
    '',
  ].join('\n');
}

function ruleText({ protocol, fromPort, toPort, sources }: IngressRule): string {
  // A set takes no 0.0.0.0/0: no condition says the same.
  const from = sources.some((each) => each.endsWith('/0')) ? '' : `ip saddr { ${sources.join(', ')} } `;
  if (protocol === 'tcp' || protocol === 'udp') return `${from}${protocol} dport ${fromPort}-${toPort}`;
  if (protocol === 'icmp') {
    const type = fromPort === undefined || fromPort < 0 ? '' : `icmp type ${fromPort}`;
    return `${from}${type === '' ? 'meta l4proto icmp' : type}`;
  }
  return `${from}meta nfproto ipv4`;
}
