import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import type { ReadParameter } from './state/images.ts';

/** Reads the parameters that name images where the offline AWS keeps them. */
export function ssmParameters(endpoint: string, region: string): ReadParameter {
  const ssm = new SSMClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return async (Name) => {
    try {
      return (await ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value;
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw error;
    }
  };
}
