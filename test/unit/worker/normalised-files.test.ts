import { expect, it } from 'vitest';
import { withoutLongKeys } from '../../../src/worker/normalised-files.ts';
import { batchesOf } from '../aggregate/fixture.ts';

it('images whose files could have no key are refused, and stay in their place', () => {
  const long = ['b', 'd', 'e'].map((first) => first + 'x'.repeat(900));
  const [batch] = batchesOf(['a', ...long, 'c', 'f'], 10);
  if (batch === undefined) throw new Error('Expected a batch');
  const { objects } = withoutLongKeys(batch);
  expect(objects.map(({ key }) => key)).toEqual(batch.objects.map(({ key }) => key));
  expect(objects.filter(({ refused }) => refused === 'OUTPUT_KEY_TOO_LONG').map(({ key }) => key)).toEqual(
    batch.objects.map(({ key }) => key).filter((key) => long.includes(key)),
  );
  expect(objects.filter(({ refused }) => refused === undefined)).toHaveLength(3);
});
