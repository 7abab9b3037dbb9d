import type { Bill, Cost } from '../../cost/bill.ts';
import { percent, usd } from '../../format.ts';
import { html, type Markup } from '../markup.ts';
import { stackedBar } from './stacked-bar.ts';

type Service = Bill['lines'][number]['service'];

const SERVICE_NAMES: Readonly<Record<Service, string>> = {
  lambda: 'Lambda',
  stepFunctions: 'Step Functions',
  s3: 'S3',
  ec2: 'EC2',
  ebs: 'EBS',
  ipv4: 'IPv4',
  transfer: 'transfer',
  cloudWatch: 'CloudWatch',
  kms: 'KMS',
};

export function serviceName(service: Service): string {
  return SERVICE_NAMES[service];
}

/** One bar per arm, divided by what it was spent on, all on one scale. */
export function costBars({ arms }: Cost): Markup {
  const most = Math.max(0, ...arms.map(({ bill }) => bill.usd));
  return html`<div class="bars">${arms.map(({ arm, bill }) => {
    const services = byService(bill);
    const described = {
      id: `cost-${arm}`,
      title: `Cost of the ${arm} arm`,
      description: services.map(([service, cost]) => `${serviceName(service)} ${usd(cost)}`).join(', '),
    };
    const segments = services.map(([service, cost]) => ({
      kind: `c-${service}`,
      value: cost,
      label: serviceName(service),
      text: `${serviceName(service)}: ${usd(cost)}, ${percent(cost / (bill.usd || 1))}`,
    }));
    return html`<p class="bar-name">${arm} <span class="quiet">${usd(bill.usd)}</span></p>${stackedBar(described, segments, most)}`;
  })}</div>`;
}

/** The most expensive first. */
function byService({ lines }: Bill): [Service, number][] {
  const sums = new Map<Service, number>();
  for (const { service, usd: cost } of lines) sums.set(service, (sums.get(service) ?? 0) + cost);
  return [...sums].filter(([, cost]) => cost > 0).sort(([, a], [, b]) => b - a);
}
