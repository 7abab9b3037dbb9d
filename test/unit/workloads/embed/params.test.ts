import { describe, expect, it } from 'vitest';
import { readEmbed } from '../../../../src/workloads/embed/params.ts';
import { embedParamsSchema } from '../../../../src/workloads/embed/schema.ts';

const LEAST = { model: 'models/a.onnx', layer: 'features' };

describe('the settings of embed', () => {
  it('have defaults, but for the model and the layer', () => {
    const params = embedParamsSchema.parse(LEAST);
    expect(params).toEqual({ ...LEAST, type: 'float32', modelBatch: 8 });
    expect(readEmbed(params)).toEqual({ modelBatch: 8 });
    for (const missing of [{ model: 'a.onnx' }, { layer: 'features' }])
      expect(embedParamsSchema.safeParse(missing).success).toBe(false);
  });

  it.each([
    [{ layer: '' }],
    [{ type: 'float16' }],
    [{ modelBatch: 0 }],
    [{ modelBatch: 257 }],
    [{ description: '' }],
    [{ top: 5 }],
  ])('refuse %j in a request', (changes) => {
    expect(embedParamsSchema.safeParse({ ...LEAST, ...changes }).success).toBe(false);
  });

  it.each([[{}], [{ modelBatch: 0 }], [{ modelBatch: 257 }], [{ modelBatch: '8' }]])(
    'refuse %j in a worker',
    (params) => {
      expect(() => readEmbed(params)).toThrow('[INVALID_INPUT]');
    },
  );
});
