import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EC2_LIMITS } from '../../../src/aws/limits.ts';
import { userData } from '../../../src/fleet/user-data.ts';

const text = (data: string) => Buffer.from(data, 'base64').toString('utf8');

describe('userData', () => {
  it('puts the variables between the first line and the rest of the script', () => {
    const script = '#!/usr/bin/env bash\nset -eu\necho "$A"\n';
    expect(text(userData(script, { A: '1', B: 'two words' }))).toBe(
      "#!/usr/bin/env bash\nexport A='1'\nexport B='two words'\nset -eu\necho \"$A\"\n",
    );
  });

  it('gives bash every value as it was, whatever is in it', { timeout: 60_000 }, () => {
    // NUL cannot be in a variable. A run of values shares one bash, since starting one takes longest.
    const nasty = fc.constantFrom(
      "'",
      '"',
      '\\',
      '$',
      '`',
      '!',
      '\n',
      '\r',
      '$(reboot)',
      "'; exit 1; '",
      '😀',
      '*',
      '~',
      ' ',
    );
    const value = fc
      .array(fc.oneof(nasty, fc.string({ unit: 'binary' })), { maxLength: 8 })
      .map((parts) => parts.join('').replaceAll('\0', '').toWellFormed());
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
        // Prepare
        const variables = Object.fromEntries(values.map((content, i) => [`V${i}`, content]));
        const names = Object.keys(variables);
        const script = `#!/usr/bin/env bash\nset -eu\nprintf '%s\\0' ${names.map((name) => `"$${name}"`).join(' ')}\n`;

        // Act
        const input = text(userData(script, variables));
        const output = execFileSync('bash', ['-s'], {
          input,
          env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
        });

        // Assess
        expect(output.toString('utf8').split('\0').slice(0, -1)).toEqual(values);
      }),
      { numRuns: 25 },
    );
  });

  it('takes as many bytes as EC2 does and refuses one more', () => {
    const rest = EC2_LIMITS.userDataBytes - Buffer.byteLength("#!/bin/sh\nexport A='é'\n");
    const fits = userData(`#!/bin/sh\n${'x'.repeat(rest)}`, { A: 'é' });
    expect(Buffer.from(fits, 'base64')).toHaveLength(EC2_LIMITS.userDataBytes);
    expect(() => userData(`#!/bin/sh\n${'x'.repeat(rest + 1)}`, { A: 'é' })).toThrow(
      '[USER_DATA_TOO_LARGE] Expected user data of at most 16384 bytes but it has 16385; shorten the boot script.',
    );
  });
});
