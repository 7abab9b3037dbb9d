import { describe, expect, it } from 'vitest';
import { readClassify } from '../../../../src/workloads/classify/params.ts';
import { classifyParamsSchema } from '../../../../src/workloads/classify/schema.ts';

describe('the settings of classify', () => {
  it('have defaults, but for the model', () => {
    const params = classifyParamsSchema.parse({ model: 'models/a.onnx' });
    expect(params).toEqual({ model: 'models/a.onnx', top: 5, modelBatch: 8, labels: 'auto' });
    expect(readClassify(params)).toEqual({ top: 5, modelBatch: 8 });
    expect(classifyParamsSchema.safeParse({}).success).toBe(false);
  });

  it.each([
    [{ top: 0 }],
    [{ top: 21 }],
    [{ modelBatch: 0 }],
    [{ modelBatch: 257 }],
    [{ top: 1.5 }],
    [{ device: 'cpu' }],
    [{ description: '' }],
  ])('refuse %j in a request', (changes) => {
    expect(classifyParamsSchema.safeParse({ model: 'a.onnx', ...changes }).success).toBe(false);
  });

  it.each([
    [{ top: 0 }, 'integer of at least 1 and at most 20'],
    [{ modelBatch: 257 }, 'integer of at least 1 and at most 256'],
  ])('refuse %j in a worker', (changes, expected) => {
    expect(() => readClassify({ top: 5, modelBatch: 8, ...changes })).toThrow(expected);
  });
});
